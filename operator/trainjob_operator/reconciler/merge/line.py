"""The command line of a container, as its program will see it; each is parsed once."""

from dataclasses import dataclass

from trainjob_contract.tune_run import Malformed, TuneRun, parse_tune_run
from trainjob_operator.api.workload import Container
from trainjob_operator.reconciler.merge.references import expand_all

Words = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Line:
    """Words with the environment put in, and the ``tune run`` that they are; None if another program's."""

    words: Words
    parsed: TuneRun | Malformed | None

    @property
    def run(self) -> TuneRun | None:
        """What TorchTune runs; None also if it would refuse the line."""
        return self.parsed if isinstance(self.parsed, TuneRun) else None


def read_line(words: Words, container: Container, *known: Line) -> Line:
    """Read a line with a container's environment; it is not parsed if it comes to one that is known."""
    expanded = expand_all(words, container)
    same = next((line for line in known if line.words == expanded), None)
    return same or Line(expanded, parse_tune_run(expanded))


def words_of(container: Container) -> Words:
    """Return command and arguments as one."""
    return (*(container.command or ()), *(container.args or ()))
