from pathlib import Path
from typing import Any

import pytest

from trainjob_contract.recipes import EVALUATION
from trainjob_torchtune.run.evaluation import Evaluation, parse_evaluation


@pytest.mark.parametrize(
    ("config", "evaluation"),
    [
        pytest.param({"tasks": ["a", "b"]}, Evaluation(("a", "b"), ()), id="no-folder"),
        pytest.param({"tasks": ["a"], "include_path": "/t"}, Evaluation(("a",), (Path("/t"),)), id="a-folder"),
        pytest.param(
            {"tasks": ["a"], "include_path": ["/t", "/u"]}, Evaluation(("a",), (Path("/t"), Path("/u"))), id="folders"
        ),
        pytest.param({"tasks": ["a"], "include_path": None}, Evaluation(("a",), ()), id="null"),
    ],
)
def test_tasks_and_folders(config: dict[str, Any], evaluation: Evaluation) -> None:
    assert parse_evaluation(EVALUATION, config) == evaluation


def test_other_recipes_have_none() -> None:
    assert parse_evaluation("generate", {"tasks": "a"}) is None


@pytest.mark.parametrize("tasks", ["a", None])
def test_tasks_that_are_no_list(tasks: str | None) -> None:
    with pytest.raises(ValueError, match=r"^tasks is .+; it has to be a list: tasks=\[.+\]$"):
        parse_evaluation(EVALUATION, {"tasks": tasks})
