"""A file of the safetensors format: its head, and nothing after it where nobody reads the numbers."""

import json
from pathlib import Path


def write_head(path: Path, **shapes: tuple[int, ...]) -> None:
    """Write the head of a file with tensors of these shapes."""
    tensors = {name: {"dtype": "BF16", "shape": shape, "data_offsets": [0, 0]} for name, shape in shapes.items()}
    head = json.dumps({"__metadata__": {"format": "pt"}, **tensors}).encode()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(len(head).to_bytes(8, "little") + head)


def whole_file(*sizes: int, metadata: bool = True) -> bytes:
    """Return a whole file with a tensor of each of these numbers of bytes."""
    tensors: dict[str, object] = {"__metadata__": {"format": "pt"}} if metadata else {}
    end = 0
    for number, size in enumerate(sizes):
        tensors[f"t{number}"] = {"dtype": "U8", "shape": [size], "data_offsets": [end, end := end + size]}
    head = json.dumps(tensors).encode()
    return len(head).to_bytes(8, "little") + head + bytes(end)
