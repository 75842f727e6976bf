"""The termination message: what Kubernetes keeps of a container that is gone.

Its first line is a sentence that says what is wrong; the last lines of the log may follow. No newline ends it, which
tells it from the end of a log that the kubelet puts in the place of a message.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

LIMIT = 4096
"""Bytes: https://kubernetes.io/docs/tasks/debug/debug-application/determine-reason-pod-failure/"""
_VARIABLE = "TERMINATION_MESSAGE_PATH"
_PATH = "/dev/termination-log"
_LINES = 20


def write_termination(
    environment: Mapping[str, str], say: Callable[[str], None], sentence: str, tail: Sequence[str] = ()
) -> None:
    """Write the message where the kubelet looks; it has made the file, so outside a pod nothing is written."""
    path = Path(environment.get(_VARIABLE) or _PATH)
    if path.is_file():
        try:
            path.write_bytes(compose_termination(sentence, tail))
        except OSError as error:
            say(f"The termination message cannot be written: {error}")


def compose_termination(sentence: str, tail: Sequence[str]) -> bytes:
    """Return the sentence and as many of the last 20 lines as fit into 4096 bytes, whole ones."""
    message = sentence.encode()[:LIMIT].decode(errors="ignore").encode()
    kept: list[bytes] = []
    for line in reversed(tail[-_LINES:]):
        encoded = line.rstrip().encode()
        if len(message) + sum(len(one) + 1 for one in kept) + len(encoded) + 1 > LIMIT:
            break
        kept.insert(0, encoded)
    return b"\n".join([message, *kept])
