"""Where a TrainJob stands, and what follows from it."""
