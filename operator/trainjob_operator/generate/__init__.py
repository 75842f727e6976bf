"""What `make` writes into the repository; not in the wheel."""
