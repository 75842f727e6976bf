"""What can go wrong on the way from a Hub, on request."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import inf


@dataclass(slots=True)
class Fault:
    """Something that happens to the next `times` requests whose path contains `path`."""

    path: str = ""
    times: float = 1
    # Answer with this status and this message, instead of what was asked for.
    status: int | None = None
    message: str = "Something went wrong on purpose."
    headers: Mapping[str, str] = field(default_factory=dict)
    # Of a file, send only so many bytes; then pause, and go on (or, with `cut`, hang up).
    after_bytes: int | None = None
    pause_s: float = inf
    cut: bool = False

    def strikes(self, method: str, path: str) -> bool:
        """Tell whether the fault happens to this request, and count it."""
        concerns_bytes = self.after_bytes is not None
        if self.times <= 0 or self.path not in path or (concerns_bytes and method != "GET"):
            return False
        self.times -= 1
        return True
