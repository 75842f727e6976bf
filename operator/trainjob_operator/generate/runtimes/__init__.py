"""The runtimes that are shipped: what each is, decided from the catalogue of models, and its manifest."""
