"""The tensors of a safetensors file as rows of bytes: numpy knows no bf16, and importing torch takes seconds.

The format: https://huggingface.co/docs/safetensors, eight bytes of length, a header of JSON, and the data.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

_LENGTH = 8


@dataclass(frozen=True, slots=True)
class Tensors:
    """A whole file, and where in it each tensor's first dimension and its bytes are."""

    data: bytes
    places: Mapping[str, tuple[int, int, int]]

    @property
    def names(self) -> tuple[str, ...]:
        """The tensors' names."""
        return tuple(self.places)

    def rows(self, name: str) -> list[bytes]:
        """Cut a tensor along its first dimension."""
        rows, begin, end = self.places[name]
        size = (end - begin) // rows
        return [self.data[at : at + size] for at in range(begin, end, size)]

    def with_rows(self, name: str, rows: Sequence[bytes]) -> "Tensors":
        """Return the same file with other rows, as many and as long, in a tensor."""
        _, begin, end = self.places[name]
        return Tensors(b"".join(chain((self.data[:begin],), rows, (self.data[end:],))), self.places)


def read_tensors(data: bytes) -> Tensors:
    """Parse a file's header."""
    start = _LENGTH + int.from_bytes(data[:_LENGTH], "little")
    header = json.loads(data[_LENGTH:start])
    header.pop("__metadata__", None)
    return Tensors(
        data,
        {name: (one["shape"][0], *(start + offset for offset in one["data_offsets"])) for name, one in header.items()},
    )
