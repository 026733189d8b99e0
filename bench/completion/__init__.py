"""How long a Tab takes."""
