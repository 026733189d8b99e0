"""What was typed, kept: as a script, as a notebook. Secrets are never part of it.

    steps.py    the inputs that succeeded, with earlier results given names
    secrets.py  literal secrets replaced by variables of the environment
    script.py   a script that gives the same result without the session
    notebook.py the session with its outputs
"""
