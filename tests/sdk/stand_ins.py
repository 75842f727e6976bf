"""How long a stand-in for an image's program takes, and how it ends, by annotations of its pod."""

STEPS = "stand-in.example.com/steps"
"""Seconds; 1 if there is none."""
ERROR = "stand-in.example.com/error"
"""What it says before it ends with exit code 1."""
