"""What became of an attempt to change the cluster."""

from enum import Enum, auto


class Verdict(Enum):
    """How to go on with a TrainJob.

    Attributes:
        DONE: everything was done that can be done now.
        LOOK_AGAIN: the world is not what the plan took it for, so decide anew.
        GONE: the TrainJob was deleted.
    """

    DONE = auto()
    LOOK_AGAIN = auto()
    GONE = auto()
