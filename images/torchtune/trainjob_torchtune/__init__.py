"""`tune` for a pod: a launcher in front of TorchTune's own that checks first, streams, and reports the outcome."""
