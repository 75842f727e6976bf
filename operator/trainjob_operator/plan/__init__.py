"""What would become of TrainJobs, told without a cluster: read, asked of admission, resolved, built, written down."""
