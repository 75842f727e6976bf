"""What has to hold before the first TrainJob is looked at."""
