"""The one error of this package."""


class BenchError(Exception):
    """There is nothing to measure: something did not come about, and the message says what."""
