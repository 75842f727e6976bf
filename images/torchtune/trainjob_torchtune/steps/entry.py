"""Runs one of TorchTune's recipes in a training process, unmodified, with us at its side.

TorchTune takes it for a recipe of the user's own: `tune run [torchrun's flags] trainjob_torchtune/steps/entry --config
FILE ...`. With the slash, because of a dotted name it cuts off what stands behind the last dot (torchtune/_cli/run.py).
Which recipe is meant, a variable says.
"""

import importlib.util
import os
import sys
import warnings
from pathlib import Path
from types import ModuleType

from torch.distributed.elastic.multiprocessing.errors import record

from trainjob_contract.environment import RECIPE_FILE
from trainjob_torchtune.steps.attachment import attach

_MODULE = "trainjob_torchtune_recipe"


def main() -> None:
    """Run the recipe that the environment names; torchrun gets the traceback of one that fails."""
    # Of one process torch says so with each checkpoint, as if it were news.
    warnings.filterwarnings("ignore", "torch.distributed is disabled", UserWarning)
    module = _load(Path(os.environ[RECIPE_FILE]))
    attach(module, os.environ)
    record(module.recipe_main)()


def _load(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(_MODULE, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} is no Python module")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


if __name__ == "__main__":
    main()
