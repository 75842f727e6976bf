"""Load models by transformers and compare them with the first one: `load BASE FOLDER...` prints JSON."""

import json
import sys
from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForCausalLM


def report(base: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Return what loading complained of, how many tensors differ from the base's, and whether it computes numbers."""
    model, info = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, output_loading_info=True)
    weights = model.state_dict()
    with torch.no_grad():
        logits = model(torch.arange(64).reshape(1, -1)).logits
    return {
        "problems": [str(problem) for problems in info.values() for problem in problems],
        "changed": sum(not torch.equal(weights[name], base[name]) for name in base),
        "finite": bool(torch.isfinite(logits).all()),
    }


if __name__ == "__main__":
    first = AutoModelForCausalLM.from_pretrained(sys.argv[1], dtype=torch.float32).state_dict()
    print(json.dumps([report(first, Path(folder)) for folder in sys.argv[2:]]))
