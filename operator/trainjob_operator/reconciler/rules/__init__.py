"""What TrainJobs and runtimes may say."""
