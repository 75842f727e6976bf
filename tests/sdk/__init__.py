"""Kubeflow's own Python SDK, unmodified, as a user of the cluster; and the runtimes that it finds there.

`variants`, `guide`, `lifecycle` and `custom` run in an environment of the SDK's own: it needs another version of the
Kubernetes client than the tests have.
"""
