"""Which files configurations want: `asked_files < JSON` prints a list of paths for each, as TorchTune merges it.

In as in accept.py. Paths are those of every checkpointer's files, and whatever else a configuration has from `/` on.
"""

import json
import sys
from pathlib import Path
from typing import Any

from omegaconf import OmegaConf
from tests.training.accept import load
from torchtune.training import FormattedCheckpointFiles


def asked(recipe: str, config: str, overrides: list[str]) -> list[str]:
    merged = OmegaConf.to_container(load(recipe, config, overrides), resolve=True)
    found = set(paths(merged))
    assert isinstance(merged, dict)
    for part in merged.values():
        if isinstance(part, dict) and "checkpoint_dir" in part:
            files = part["checkpoint_files"]
            names = (
                FormattedCheckpointFiles.from_dict(files).build_checkpoint_filenames()
                if isinstance(files, dict)
                else files
            )
            found |= {str(Path(part["checkpoint_dir"], name)) for name in names}
    return sorted(found)


def paths(part: Any) -> list[str]:  # noqa: ANN401 - whatever a config holds
    """Give the texts in a configuration that are absolute paths."""
    if isinstance(part, dict | list):
        return [path for inner in (part.values() if isinstance(part, dict) else part) for path in paths(inner)]
    return [part] if isinstance(part, str) and part.startswith("/") else []


if __name__ == "__main__":
    print(json.dumps([asked(one["recipe"], one["config"], one["overrides"]) for one in json.load(sys.stdin)]))
