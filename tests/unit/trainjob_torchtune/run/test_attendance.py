"""At whose side we are, and what TorchTune is told then."""

from dataclasses import replace
from pathlib import Path

import pytest

from trainjob_contract.tune_run import TuneRun
from trainjob_torchtune.run.attendance import ENTRY, attend
from trainjob_torchtune.run.catalogue import BuiltinRecipe, Catalogue

RUN = TuneRun(("--nproc_per_node=2",), "full_finetune_distributed", "llama3_2/1B_full", ("epochs=2",))


@pytest.fixture
def catalogue(tmp_path: Path) -> Catalogue:
    config = tmp_path / "1B_full.yaml"
    config.touch()

    def recipe(name: str, *, is_distributed: bool) -> BuiltinRecipe:
        return BuiltinRecipe(tmp_path / f"{name}.py", {"llama3_2/1B_full": config}, is_distributed)

    return Catalogue(
        {
            "full_finetune_distributed": recipe("distributed", is_distributed=True),
            "full_finetune_single_device": recipe("single", is_distributed=False),
            "generate": recipe("generate", is_distributed=False),
            "dev/grpo": recipe("grpo", is_distributed=True),
        }
    )


def test_our_entry_stands_for_the_recipe(catalogue: Catalogue, tmp_path: Path) -> None:
    attendance = attend(RUN, catalogue)

    assert attendance.run == replace(RUN, recipe=ENTRY, config=str(tmp_path / "1B_full.yaml"))
    assert attendance.variables == {"TRAINJOB_RECIPE_FILE": str(tmp_path / "distributed.py")}


@pytest.mark.parametrize(
    "run",
    [
        pytest.param(replace(RUN, flags=(), recipe="generate"), id="nothing is trained"),
        pytest.param(replace(RUN, recipe="dev/grpo"), id="not finished"),
        pytest.param(replace(RUN, recipe="mine"), id="one's own"),
        pytest.param(replace(RUN, config="missing"), id="no configuration"),
        pytest.param(replace(RUN, recipe="full_finetune_single_device"), id="torchrun may not start it"),
    ],
)
def test_other_runs_are_left_alone(catalogue: Catalogue, run: TuneRun) -> None:
    attendance = attend(run, catalogue)

    assert (attendance.run, attendance.variables) == (run, {})
