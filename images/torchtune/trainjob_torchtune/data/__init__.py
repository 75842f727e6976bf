"""Which of the files that were downloaded are the rows to train on, where the TrainJob does not say."""
