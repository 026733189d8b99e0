"""What loading modules, listing them and searching them costs."""
