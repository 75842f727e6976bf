"""Ask torchao which weights its NF4 holds: `hold < JSON` prints true or false for each [rows, columns]."""

import json
import sys

import torch
from torchao.dtypes.nf4tensor import to_nf4


def can_hold(rows: int, columns: int) -> bool:
    """Quantize weights as QLoRA does."""
    try:
        to_nf4(torch.ones(rows, columns))
    except AssertionError:
        return False
    return True


if __name__ == "__main__":
    print(json.dumps([can_hold(*shape) for shape in json.load(sys.stdin)]))
