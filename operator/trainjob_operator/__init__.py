"""A Kubernetes operator that fine-tunes large language models with TorchTune."""

__version__ = "0.1.0"
