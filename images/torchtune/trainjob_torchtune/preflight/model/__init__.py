"""Whether the model and its tokenizer are there, whole, and of the size that the configuration builds."""
