"""The exceptions of this package.

    TrainJobOperatorError
    ├── ConfigurationError   the operator cannot start as it was configured
    ├── InvalidObjectError   an object from the API server does not fit its schema
    ├── UnreadableTextError  a text is no YAML, or would come to more than anybody reads
    └── ApiError             the API server answered with an error status

Expected outcomes (a runtime that is missing, a spec that cannot run) are values, not exceptions.
"""


class TrainJobOperatorError(Exception):
    """Anything that this package raises on purpose."""


class ConfigurationError(TrainJobOperatorError):
    """The operator cannot start as it was configured; the message names the setting and the remedy."""


class InvalidObjectError(TrainJobOperatorError):
    """An object from the API server does not fit its schema; the message names the object and the fields."""


class UnreadableTextError(TrainJobOperatorError):
    """A text is no YAML, or would come to more than anybody reads; the message says why, and quotes little of it.

    ``is_broken``: it is no YAML; otherwise it may be good for somebody else.
    """

    def __init__(self, message: str, *, is_broken: bool = False) -> None:
        super().__init__(message)
        self.is_broken = is_broken


class ApiError(TrainJobOperatorError):
    """The API server answered with an error status.

    Attributes:
        status: the HTTP status code, e.g. 409.
        reason: the machine-readable reason of the metav1.Status, e.g. ``AlreadyExists``; may be empty.
        retry_after: seconds that the server asked to wait, or None.
    """

    def __init__(self, status: int, reason: str, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.reason = reason
        self.retry_after = retry_after
