"""What a user of the shell waits for."""
