"""The volume that the pods of a TrainJob share, as runtimes mount it and programs find it."""

from collections.abc import Mapping
from pathlib import Path

from trainjob_contract.environment import WORKSPACE

ROOT = "/workspace"
DATASET = "dataset"
MODEL = "model"
"""The folders that the initializers fill."""
SOURCE_NOTE = ".trainjob-source.json"
"""The note in each: where all that lies there came from. It is there if and only if nothing is missing."""


def find_workspace(environment: Mapping[str, str]) -> Path:
    """Return where the volume is mounted; an empty variable counts as one that is not set."""
    return Path(environment.get(WORKSPACE) or ROOT)
