"""The exit codes of our images: READMEs explain them, the operator and anybody else may branch on them.

A code is never given another meaning: pods of an older image outlive an upgrade.
"""

import signal
from enum import IntEnum

BY_SIGNAL = 128
"""What is added to a signal's number, as shells do."""


class TrainerExitCode(IntEnum):
    """How a node of a training ends; any other code is the recipe's own."""

    DONE = 0
    REFUSED = 20
    NOWHERE_TO_MEET = 21
    PEER_LOST = 22
    STOPPED_WITH_ANOTHER = 23
    NAN_LOSS = 24
    KILLED = BY_SIGNAL + signal.SIGKILL


class InitializerExitCode(IntEnum):
    """How a download ends that did not succeed."""

    UNEXPECTED = 1
    USAGE = 2
    NOT_FOUND = 10
    NO_ACCESS = 11
    BAD_TOKEN = 12
    NO_SPACE = 13
    UNREACHABLE = 14
    NOTHING_MATCHED = 15
    NO_WEIGHTS = 16
    TERMINATED = BY_SIGNAL + signal.SIGTERM
