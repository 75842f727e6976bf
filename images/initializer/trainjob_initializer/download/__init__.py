"""One download, and what is told of it."""
