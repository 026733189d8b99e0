"""What a user of a notebook waits for."""
