"""What becomes of the runtime's templates when the TrainJob's wishes go in."""
