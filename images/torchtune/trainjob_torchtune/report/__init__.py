"""What a training reports to the operator while it runs."""
