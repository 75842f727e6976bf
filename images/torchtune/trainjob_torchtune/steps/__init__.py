"""At the side of a recipe, in each process that trains: TorchTune's recipes run as they are, and are looked at."""
