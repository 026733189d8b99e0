"""The shell: a terminal's prompt, thin over a session.

    engine.py    the thread where the VM, the session and everything that touches Lua values live
    shell.py     read, run, show, again
    editor.py    the line that is being typed: keys, completion, history
    screen.py    the one writer to the terminal
"""
