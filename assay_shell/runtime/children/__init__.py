"""Child processes: started, fed, read, stopped with everything they started, and collected."""
