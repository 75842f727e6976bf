"""From a key in the queue to what was done about its TrainJob."""
