"""Recipes that train nothing: they answer, measure or shrink a model that is there, and write no checkpoint of it."""

from dataclasses import replace

from trainjob_torchtune.run.training import Training

RECIPES = frozenset({"generate", "dev/generate_v2", "dev/generate_v2_distributed", "eleuther_eval", "quantize"})
"""By the names that `tune ls` has (torchtune/_recipe_registry.py)."""


def expect_no_checkpoints(recipe: str, training: Training) -> Training:
    """Return what is to be checked: without the room on disk and in memory that only saving takes."""
    if recipe not in RECIPES:
        return training
    return replace(training, saving=replace(training.saving, has_weights=False, has_adam=False))
