"""What live tests need to have servers: programs, processes, a budget of time."""
