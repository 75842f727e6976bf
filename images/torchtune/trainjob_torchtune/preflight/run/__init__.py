"""Whether the run can do what it is asked: settings, devices, memory, and the place for its result."""
