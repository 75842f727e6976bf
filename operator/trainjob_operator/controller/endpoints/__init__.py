"""What others call: the API server, trainers, the kubelet and Prometheus."""
