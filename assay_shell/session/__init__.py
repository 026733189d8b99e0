"""One interactive session over a runtime: what the shell and the notebook kernel share."""
