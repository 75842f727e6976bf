"""What is to run: the command line, its configuration, and how many processes."""
