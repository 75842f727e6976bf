"""What can be known before training starts: each module checks one thing, refuses or warns, or has nothing to say."""
