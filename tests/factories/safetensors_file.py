"""A file of the safetensors format: its head, and nothing after it, since nobody reads the numbers."""

import json
from pathlib import Path


def write_head(path: Path, **shapes: tuple[int, ...]) -> None:
    """Write the head of a file with tensors of these shapes."""
    tensors = {name: {"dtype": "BF16", "shape": shape, "data_offsets": [0, 0]} for name, shape in shapes.items()}
    head = json.dumps({"__metadata__": {"format": "pt"}, **tensors}).encode()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(len(head).to_bytes(8, "little") + head)
