"""Neutral views: what a value looks like, decided once and drawn by each front end in its own way."""
