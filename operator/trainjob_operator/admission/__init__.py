"""What the API server asks about TrainJobs and runtimes before it stores them: pure questions and answers."""
