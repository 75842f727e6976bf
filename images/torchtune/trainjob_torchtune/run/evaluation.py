"""What the recipe eleuther_eval is asked to measure: tasks, those of lm_eval and those that a person brings."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from trainjob_contract.recipes import EVALUATION


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Names of tasks, and the folders that are searched for them beside those of lm_eval."""

    tasks: tuple[str, ...]
    folders: tuple[Path, ...]


def parse_evaluation(recipe: str, config: Mapping[str, Any]) -> Evaluation | None:
    """Read the keys of the recipe; None for all others.

    Raises:
        ValueError: the tasks are no list: the recipe would take each letter of a name for a task.
    """
    if recipe != EVALUATION:
        return None
    tasks, folders = config.get("tasks"), config.get("include_path") or []
    if not isinstance(tasks, list):
        raise ValueError(f"tasks is {tasks!r}; it has to be a list: tasks=[{tasks}]")  # noqa: TRY004 - as all other keys
    named = folders if isinstance(folders, list) else [folders]
    return Evaluation(tasks=tuple(map(str, tasks)), folders=tuple(Path(str(folder)) for folder in named))
