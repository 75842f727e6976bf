"""Runs one of TorchTune's recipes in a training process, unmodified, with us at its side.

TorchTune takes it for a recipe of the user's own: `tune run [torchrun's flags] trainjob_torchtune/steps/entry --config
FILE ...`. With the slash, because of a dotted name it cuts off what stands behind the last dot (torchtune/_cli/run.py).
Which recipe is meant, a variable says.
"""

import importlib.util
import os
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

from torch.distributed.elastic.multiprocessing.errors import record
from torchtune.recipe_interfaces import FTRecipeInterface

from trainjob_contract.environment import RECIPE_FILE
from trainjob_contract.nan_loss import read_nan_steps
from trainjob_torchtune.steps.loss import LossWatch
from trainjob_torchtune.steps.meter import Meter

_MODULE = "trainjob_torchtune_recipe"


def main() -> None:
    """Run the recipe that the environment names; torchrun gets the traceback of one that fails."""
    module = _load(Path(os.environ[RECIPE_FILE]))
    _attach(module, LossWatch(read_nan_steps(os.environ), _say))
    record(module.recipe_main)()


def _load(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(_MODULE, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} is no Python module")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def _attach(module: ModuleType, watch: LossWatch) -> None:
    """Have the module's recipe tell of its steps: it has its logger after `setup`, on the first process alone."""
    recipe = next(one for one in vars(module).values() if _is_recipe(one, module))
    set_up, train = recipe.setup, recipe.train

    def setup(self: Any, *args: Any, **options: Any) -> None:  # noqa: ANN401 - as the recipe has it
        set_up(self, *args, **options)
        every = self._log_every_n_steps
        logger = getattr(self, "_metric_logger", None)
        if logger is not None and isinstance(every, int) and every > 0:
            self._metric_logger = Meter(logger, lambda: _steps_logged(self) % every == 0, watch.see)
            self._log_every_n_steps = 1

    def trained(self: Any) -> None:  # noqa: ANN401 - as the recipe has it
        train(self)
        watch.end()

    recipe.setup, recipe.train = setup, trained


def _is_recipe(one: object, module: ModuleType) -> bool:
    return isinstance(one, type) and one.__module__ == module.__name__ and FTRecipeInterface in one.__mro__


def _steps_logged(recipe: Any) -> int:  # noqa: ANN401 - any of the recipes
    """Return what `log_every_n_steps` counts: optimizer steps, and for PPO alone batches."""
    steps: int = getattr(recipe, "_steps_run", recipe.global_step)
    return steps


def _say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    main()
