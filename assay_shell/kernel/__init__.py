"""The Jupyter kernel: a session that notebooks talk to."""
