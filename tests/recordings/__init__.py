"""What the real API server answered, for tests that are to do without one; `python -m tests.recordings` records it."""
