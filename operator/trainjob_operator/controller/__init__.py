"""The imperative shell: it watches, calls the core, and carries out its plans."""
