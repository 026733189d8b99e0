"""Checks in YAML: read, run, reported."""
