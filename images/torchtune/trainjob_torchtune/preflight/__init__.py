"""What can be known before training starts: each module checks one thing and returns a Refusal or None."""
