"""Where models and data sets come from."""
