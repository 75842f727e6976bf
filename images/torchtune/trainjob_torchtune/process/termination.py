"""The termination message: what Kubernetes keeps of a container that is gone."""

from collections.abc import Mapping, Sequence
from pathlib import Path

# https://kubernetes.io/docs/tasks/debug/debug-application/determine-reason-pod-failure/
LIMIT = 4096
_DEFAULT = "/dev/termination-log"
_LINES = 20


def write_termination(environment: Mapping[str, str], sentence: str, tail: Sequence[str] = ()) -> None:
    """Write the message where the kubelet looks; it has made the file, so outside a pod nothing is written."""
    path = Path(environment.get("TERMINATION_MESSAGE_PATH") or _DEFAULT)
    if path.is_file():
        try:
            path.write_bytes(compose(sentence, tail))
        except OSError as error:
            print(f"The termination message cannot be written: {error}", flush=True)


def compose(sentence: str, tail: Sequence[str]) -> bytes:
    """Return the sentence and as many of the last 20 lines as fit into 4096 bytes, whole ones."""
    message = sentence.encode()[:LIMIT].decode(errors="ignore").encode()
    kept: list[bytes] = []
    for line in reversed(tail[-_LINES:]):
        encoded = line.rstrip().encode()
        if len(message) + sum(len(one) + 1 for one in kept) + len(encoded) + 1 > LIMIT:
            break
        kept.insert(0, encoded)
    return b"\n".join([message, *kept])
