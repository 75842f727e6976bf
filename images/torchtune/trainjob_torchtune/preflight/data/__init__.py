"""Whether the rows are there, readable, and such that TorchTune can train on them: a new check of data goes here."""
