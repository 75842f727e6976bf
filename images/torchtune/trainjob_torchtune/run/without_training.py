"""Recipes that train nothing: they answer, measure or shrink a model that is there, and write no checkpoint of it."""

from dataclasses import replace

from trainjob_contract.recipes import WITHOUT_TRAINING
from trainjob_torchtune.run.training import Training


def expect_no_checkpoints(recipe: str, training: Training) -> Training:
    """Return what is to be checked: without the room on disk and in memory that only saving takes."""
    if recipe not in WITHOUT_TRAINING:
        return training
    return replace(training, saving=replace(training.saving, has_weights=False, has_adam=False))
