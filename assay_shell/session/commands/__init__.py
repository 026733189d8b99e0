"""The commands of a session: `.name` in the shell, `%name` in a notebook.

Each is a small async function of the workspace and the text behind the name. They may only tighten the guard.
"""
