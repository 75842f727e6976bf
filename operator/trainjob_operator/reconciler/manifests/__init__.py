"""Resolved TrainJob -> manifests of its children, one module a kind; same input, same bytes."""
