"""What is known of the cluster, and how it is kept in step."""
