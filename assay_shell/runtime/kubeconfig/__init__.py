"""The kubeconfig: which Kubernetes clusters a user knows, and how to sign in to them.

files.py    the files, merged as kubectl does it, and what a context in them stands for
account.py  address, credentials and trust of a context, as options for requests
plugin.py   programs that a kubeconfig names for signing in
calls.py    what Lua files call
"""
