"""The exit codes that are ours; any other is the recipe's own."""

import signal
from enum import IntEnum

BY_SIGNAL = 128
"""What is added to a signal's number, as shells do."""


class ExitCode(IntEnum):
    """What they mean stands in the image's README; the operator knows PEER_LOST too."""

    DONE = 0
    REFUSED = 20
    NOWHERE_TO_MEET = 21
    PEER_LOST = 22
    KILLED = BY_SIGNAL + signal.SIGKILL
