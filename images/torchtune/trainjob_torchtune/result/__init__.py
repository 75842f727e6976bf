"""What a run leaves behind, made fit for whoever reads it."""
