"""What the operator and the programs in its pods agree on: said once, with the standard library alone."""
