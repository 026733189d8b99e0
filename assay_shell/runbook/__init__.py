"""Notebooks without a browser: run with parameters, reported on, made into scripts."""
