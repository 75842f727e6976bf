"""The order of a projection's rows within each attention head: halves with Hugging Face, pairs with TorchTune.

Rotary embeddings turn two numbers of a head at a time; which two these are differs (`_permute` in
torchtune/models/convert_weights.py).
"""

from collections.abc import Sequence


def to_hugging_face(rows: Sequence[bytes], heads: int) -> list[bytes]:
    """Reorder rows from pairs to halves."""
    return [rows[place] for place in _places(len(rows), heads)]


def from_hugging_face(rows: Sequence[bytes], heads: int) -> list[bytes]:
    """Reorder rows from halves to pairs."""
    placed = dict(zip(_places(len(rows), heads), rows, strict=True))
    return [placed[place] for place in range(len(rows))]


def _places(rows: int, heads: int) -> list[int]:
    """Return where each row of the halves is among the pairs."""
    size = rows // heads
    return [head * size + first + second for head in range(heads) for second in (0, 1) for first in range(0, size, 2)]
