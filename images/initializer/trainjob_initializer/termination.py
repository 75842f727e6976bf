"""The last line of a run that failed: in the log, and where Kubernetes keeps it after the container is gone."""

from collections.abc import Mapping

from trainjob_contract.termination import write_termination
from trainjob_initializer.console import Console
from trainjob_initializer.failure import Failure


def conclude(failure: Failure, environment: Mapping[str, str], console: Console) -> int:
    """Report the failure and return the exit code; outside a pod there is no file to write to."""
    line = " ".join(console.censor(failure.sentence).split())
    write_termination(environment, console.say, line)
    console.say(line)
    return failure.code
