"""How many numbers a model's files hold, read from the heads of safetensors files; other formats do not tell."""

import json
from math import prod
from pathlib import Path
from typing import Any

from trainjob_torchtune.preflight.sight import is_file
from trainjob_torchtune.run.training import Checkpointer, Training

_LENGTH_BYTES = 8
# What the format allows (https://github.com/huggingface/safetensors#format); a longer one is no head.
_LONGEST_HEAD = 100_000_000
_UNITS = ("bytes", "KiB", "MiB", "GiB", "TiB")
_STEP = 1024


def checkpoint_bytes(training: Training) -> int | None:
    """Return what the weights of one checkpoint take at least; None if that cannot be known, or is next to nothing."""
    checkpointer = next((one for one in training.checkpointers if one.key == "checkpointer"), None)
    if checkpointer is None or not training.saving.has_weights:
        return None
    numbers = count_numbers(checkpointer)
    return None if numbers is None else numbers * training.saving.bytes_each


def count_numbers(checkpointer: Checkpointer) -> int | None:
    """Return the number of parameters in a checkpointer's files, wherever they lie."""
    if not checkpointer.files or not all(name.endswith(".safetensors") for name in checkpointer.files):
        return None
    total = 0
    for name in checkpointer.files:
        folders = (checkpointer.folder, checkpointer.output)
        path = next((folder / name for folder in folders if folder is not None and is_file(folder / name)), None)
        count = None if path is None else _count_in(path)
        if count is None:
            return None
        total += count
    return total


def find_defect(path: Path) -> str | None:
    """Say why safetensors would not read a file; None if it would, or the file cannot be opened."""
    try:
        size = path.stat().st_size
        beginning, head = _read_head(path)
    except OSError:
        return None
    length = int.from_bytes(beginning, "little")
    try:
        tensors: Any = json.loads(head)
        ends = [tensor["data_offsets"][1] for name, tensor in tensors.items() if name != "__metadata__"]
        whole = _LENGTH_BYTES + length + max(ends, default=0)
    except (ValueError, AttributeError, KeyError, IndexError, TypeError):
        if _LENGTH_BYTES < size < _LENGTH_BYTES + length <= _LENGTH_BYTES + _LONGEST_HEAD:
            return f"is cut off: {size} bytes are there, and its head alone is to have {length}"
        return f"is no safetensors file, it begins with {beginning!r}"
    if whole == size:
        return None
    return f"has {size} bytes, and by its own head it is to have {whole}"


def describe_bytes(amount: float) -> str:
    """Write an amount with its unit: 14.9 GiB."""
    for unit in _UNITS:
        if amount < _STEP or unit == _UNITS[-1]:
            break
        amount /= _STEP
    return f"{amount:.1f} {unit}"


def _read_head(path: Path) -> tuple[bytes, bytes]:
    """Return the bytes that say how long the head of a safetensors file is, and the head; empty if that is too long.

    Raises:
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        beginning = file.read(_LENGTH_BYTES)
        length = int.from_bytes(beginning, "little")
        return beginning, file.read(length) if length <= _LONGEST_HEAD else b""


def _count_in(path: Path) -> int | None:
    try:
        tensors: Any = json.loads(_read_head(path)[1])
        counts: list[int] = [prod(tensor["shape"]) for name, tensor in tensors.items() if name != "__metadata__"]
    except (OSError, ValueError, AttributeError, KeyError, TypeError):
        return None
    return sum(counts)
