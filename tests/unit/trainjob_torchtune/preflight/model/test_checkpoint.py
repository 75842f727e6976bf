from dataclasses import replace
from pathlib import Path

import pytest
from tests.factories.training import checkpointer, training

from trainjob_torchtune.preflight.model.checkpoint import check_checkpoints

FILES = ("a.safetensors", "b.safetensors")


@pytest.fixture
def model(tmp_path: Path) -> Path:
    folder = tmp_path / "model"
    folder.mkdir()
    for name in ("config.json", *FILES):
        (folder / name).touch()
    return folder


def test_all_there(model: Path) -> None:
    one = replace(checkpointer(model, files=FILES), needs_config=True)

    assert check_checkpoints(training(checkpointers=(one,))) is None


@pytest.mark.parametrize(
    ("missing", "sentence"),
    [
        (
            "b.safetensors",
            (
                "holds a.safetensors, config.json; if those are the weights, set "
                "checkpointer.checkpoint_files=[a.safetensors]."
            ),
        ),
        ("config.json", "holds a.safetensors, b.safetensors."),
    ],
)
def test_a_missing_file(model: Path, missing: str, sentence: str) -> None:
    (model / missing).unlink()
    one = replace(checkpointer(model, files=FILES), needs_config=True)
    violation = check_checkpoints(training(checkpointers=(one,)))

    assert violation is not None
    assert violation.message == f"The model file {model / missing} is missing; {model} {sentence}"


def test_a_missing_folder(tmp_path: Path) -> None:
    violation = check_checkpoints(training(checkpointers=(checkpointer(tmp_path / "model"),)))

    assert violation is not None
    assert violation.message == (
        f"There is no model folder {tmp_path}/model (checkpointer.checkpoint_dir); {tmp_path} is empty."
    )


@pytest.mark.parametrize(("is_resumed", "is_refused"), [(True, False), (False, True)])
def test_a_resumed_run_finds_files_among_its_output(model: Path, *, is_resumed: bool, is_refused: bool) -> None:
    epoch = model.parent / "output" / "epoch_0"
    epoch.mkdir(parents=True)
    (epoch / "m.safetensors").touch()
    one = checkpointer(model, files=("epoch_0/m.safetensors",), output=epoch.parent)

    violation = check_checkpoints(training(checkpointers=(one,), is_resumed=is_resumed))

    assert (violation is not None) is is_refused
