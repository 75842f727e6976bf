"""How a run ends when it does not succeed: an exit code, and one sentence that says what to do."""

from dataclasses import dataclass
from enum import IntEnum


class ExitCode(IntEnum):
    """What the exit code of the container means; anybody may branch on these."""

    UNEXPECTED = 1
    USAGE = 2
    NOT_FOUND = 10
    NO_ACCESS = 11
    BAD_TOKEN = 12
    NO_SPACE = 13
    UNREACHABLE = 14
    NOTHING_MATCHED = 15
    # 128 + SIGTERM, as a shell would report it.
    TERMINATED = 143


@dataclass(frozen=True, slots=True)
class Failure:
    """Why nothing, or not everything, was downloaded."""

    code: ExitCode
    sentence: str
