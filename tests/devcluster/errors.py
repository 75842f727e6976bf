"""The one error of this package: what went wrong and what to do, in one sentence for a person."""


class DevclusterError(Exception):
    """The cluster, or something that it is made of, could not be had."""
