"""The configuration that TorchTune prints as it starts, some eighty lines of YAML, folded into one."""

import re
from collections.abc import Iterable, Iterator

_BEGINS = re.compile(r"\bresolved config:$")
_BELONGS = re.compile(r"$|\s|- |[a-z_]\w*:( |$)")


def fold_configuration(lines: Iterable[str]) -> Iterator[str]:
    """Yield the lines of a log; that which begins the configuration stands for all of it, and says how long it is."""
    count: int | None = None
    for line in lines:
        if count is not None:
            if _BELONGS.match(line):
                count += bool(line.strip())
                continue
            yield _tell(count)
            count = None
        if _BEGINS.search(line):
            count = 0
        else:
            yield line
    if count is not None:
        yield _tell(count)


def _tell(count: int) -> str:
    return f"resolved configuration ({count} lines)"
