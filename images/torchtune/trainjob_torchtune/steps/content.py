"""What lies behind the paths of a configuration: a model or a data set of the same shape may be another one.

A base model and the one tuned from it have the same sizes and often the same path on the volume of a later TrainJob. So
some places of each file are looked at, not all of it: a second, and not as long as loading takes.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

_PLACES = 16
_AT_EACH = 4096  # bytes
_SHOWN = 12  # characters


def identify_files(paths: Iterable[Path]) -> Iterator[tuple[str, str]]:
    """Yield a key for each file, and what is in it; one that cannot be read is left out."""
    for path in paths:
        try:
            found = _sample(path)
        except OSError:
            continue
        yield f"the content of {path}", found


def identify_rows(dataset: Any) -> Iterator[tuple[str, str]]:  # noqa: ANN401 - whatever has a length and rows
    """Yield what three rows came to, the first, the last, and one between: by tokenizer and template, too."""
    count = len(dataset)
    numbers = sorted({0, count // 2, count - 1}) if count else []
    found = hashlib.sha256()
    for number in numbers:
        found.update(repr(_plain(dataset[number])).encode())
    yield "the content of rows", found.hexdigest()[:_SHOWN]


def _sample(path: Path) -> str:
    found = hashlib.sha256()
    with path.open("rb") as file:
        size = file.seek(0, 2)
        found.update(str(size).encode())
        for place in range(_PLACES):
            file.seek(size * place // _PLACES)
            found.update(file.read(_AT_EACH))
    return found.hexdigest()[:_SHOWN]


def _plain(value: object) -> object:
    """Return a row whose text is its content: that of a long tensor is cut."""
    if isinstance(value, Mapping):
        return {str(name): _plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return value.tolist() if hasattr(value, "tolist") else value
