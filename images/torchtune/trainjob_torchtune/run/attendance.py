"""Which runs we are at the side of: those of TorchTune's own recipes that train, but for those that it calls dev."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from trainjob_contract.environment import RECIPE_FILE
from trainjob_contract.recipes import WITHOUT_TRAINING
from trainjob_contract.tune_run import TuneRun
from trainjob_torchtune.run.catalogue import Catalogue

ENTRY = "trainjob_torchtune/steps/entry"
_DEV = "dev/"


@dataclass(frozen=True, slots=True)
class Attendance:
    """What TorchTune is told in the place of a run, and the variables that the training processes need for it."""

    run: TuneRun
    variables: Mapping[str, str]


def attend(run: TuneRun, catalogue: Catalogue) -> Attendance:
    """Put our entry in the place of a recipe, with the configuration's file, for names of it are the recipe's.

    A run that TorchTune refuses is left to it.
    """
    recipe = catalogue.recipes.get(run.recipe)
    config = catalogue.find_config(run.config, run.recipe)
    if recipe is None or config is None or run.recipe in WITHOUT_TRAINING or run.recipe.startswith(_DEV):
        return Attendance(run, {})
    if run.is_distributed and not recipe.is_distributed:
        return Attendance(run, {})
    return Attendance(replace(run, recipe=ENTRY, config=str(config)), {RECIPE_FILE: str(recipe.source)})
