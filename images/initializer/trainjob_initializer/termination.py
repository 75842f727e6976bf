"""The last line of a run that failed: in the log, and where Kubernetes keeps it after the container is gone."""

from collections.abc import Mapping
from pathlib import Path

from trainjob_initializer.console import Console
from trainjob_initializer.failure import Failure

# https://kubernetes.io/docs/tasks/debug/debug-application/determine-reason-pod-failure/
_LIMIT_BYTES = 4096


def conclude(failure: Failure, environment: Mapping[str, str], console: Console) -> int:
    """Report the failure and return the exit code; outside a pod there is no file to write to."""
    line = " ".join(console.censor(failure.sentence).split())
    path = Path(environment.get("TERMINATION_MESSAGE_PATH") or "/dev/termination-log")
    if path.exists():
        try:
            path.write_bytes(line.encode()[:_LIMIT_BYTES])
        except OSError as error:
            console.say(f"Could not write the termination message: {error}")
    console.say(line)
    return failure.code
