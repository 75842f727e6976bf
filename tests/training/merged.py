"""Compare merged weights with base weights and adapter: `merged BASE_FOLDER EPOCH_FOLDER` prints JSON."""

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np  # type: ignore[import-not-found]  # in the models' environment only
from safetensors.numpy import load_file

_MODEL = "model-00001-of-00001.safetensors"
_PREFIX, _A, _B = "base_model.model.", ".lora_A.weight", ".lora_B.weight"


def report(base: Path, epoch: Path) -> dict[str, Any]:
    """Return the number of adapted layers, and by how much merged weights differ from base plus adapter."""
    before, after, adapter = (
        load_file(path)
        for path in (next(base.glob("model*.safetensors")), epoch / _MODEL, epoch / "adapter_model.safetensors")
    )
    config = json.loads((epoch / "adapter_config.json").read_text())
    scale = config["lora_alpha"] / config["r"]
    differences = []
    for name in adapter:
        if name.endswith(_A):
            layer = name.removesuffix(_A)
            weight = f"{layer.removeprefix(_PREFIX)}.weight"
            added = scale * adapter[f"{layer}{_B}"] @ adapter[name]
            differences.append(float(np.abs(after[weight] - before[weight] - added).max()))
    return {"layers": len(differences), "largest_difference": max(differences)}


if __name__ == "__main__":
    print(json.dumps(report(Path(sys.argv[1]), Path(sys.argv[2]))))
