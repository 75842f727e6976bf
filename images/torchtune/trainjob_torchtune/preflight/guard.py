"""A check with a net under it: what a check did not foresee is its own fault, and no reason not to train."""

from collections.abc import Callable
from typing import TypeVar

Answer = TypeVar("Answer")
_LONGEST = 300


def run_guarded(check: Callable[[], Answer], name: str, say: Callable[[str], None]) -> Answer | None:
    """Return what the check says; an exception is told, and counts as nothing to say."""
    try:
        return check()
    except Exception as error:  # noqa: BLE001 - whatever it is, the run itself may well succeed
        reason = " ".join(f"{type(error).__name__}: {error}".split())[:_LONGEST]
        say(f"Warning: The check {name} failed itself ({reason}) and was left out; the run goes on.")
        return None
