"""What is known about TorchTune, and nothing about Kubernetes."""
