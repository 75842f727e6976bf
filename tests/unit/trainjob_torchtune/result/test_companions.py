import os
from pathlib import Path

import pytest
from tests.factories.training import checkpointer, training

from trainjob_torchtune.result.companions import list_weights, refresh_companions
from trainjob_torchtune.run.training import Training

CHAT = "chat_template.jinja"


@pytest.fixture
def run(tmp_path: Path) -> Training:
    """The model has a configuration and a template, the output what an earlier run of another model left."""
    for folder, word in (("model", "new"), ("output/epoch_0", "old"), ("output/epoch_1", "old")):
        (tmp_path / folder / "original").mkdir(parents=True)
        for name in ("config.json", CHAT, "original/tokenizer.model"):
            (tmp_path / folder / name).write_text(word)
        (tmp_path / folder / "model.safetensors").write_text(word)
        (tmp_path / folder / "model.safetensors.index.json").write_text(word)
    return training(output=tmp_path / "output", checkpointers=(checkpointer(tmp_path / "model"),))


def write_weights(run: Training, epoch: int) -> None:
    assert run.output is not None
    path = run.output / f"epoch_{epoch}" / "model.safetensors"
    path.write_text("trained")
    os.utime(path, ns=(1, path.stat().st_mtime_ns + 1))


def contents(run: Training, epoch: int) -> dict[str, str]:
    assert run.output is not None
    folder = run.output / f"epoch_{epoch}"
    return {path.relative_to(folder).as_posix(): path.read_text() for path in folder.rglob("*") if path.is_file()}


def test_beside_new_weights_lie_the_files_of_their_model(run: Training) -> None:
    before = list_weights(run)
    write_weights(run, 0)

    assert refresh_companions(run, before) == ()
    assert contents(run, 0) == {
        "config.json": "new",
        CHAT: "new",
        "original/tokenizer.model": "new",
        "model.safetensors": "trained",
        "model.safetensors.index.json": "old",
    }
    assert set(contents(run, 1).values()) == {"old"}


def test_what_another_model_left_is_told_and_kept(run: Training, tmp_path: Path) -> None:
    (tmp_path / "model" / CHAT).unlink()
    before = list_weights(run)
    write_weights(run, 1)

    [sentence] = refresh_companions(run, before)
    assert sentence == (
        f"{tmp_path}/output/epoch_1 holds {CHAT}, which the model in {tmp_path}/model has not: left by an earlier run, "
        "it is not for these weights. Remove it before the result is served."
    )
    assert contents(run, 1)[CHAT] == "old"


@pytest.mark.parametrize("name", [".cache/note.json", ".hidden", "adapter_config.json", "a.bin", "b.pth"])
def test_what_torchtune_does_not_copy_stays_as_it_is(run: Training, tmp_path: Path, name: str) -> None:
    for folder, word in (("model", "new"), ("output/epoch_0", "old")):
        (tmp_path / folder / name).parent.mkdir(exist_ok=True)
        (tmp_path / folder / name).write_text(word)
    before = list_weights(run)
    write_weights(run, 0)

    assert refresh_companions(run, before) == ()
    assert contents(run, 0)[name] == "old"


def test_files_of_a_persons_own_are_not_touched_nor_told_of(run: Training, tmp_path: Path) -> None:
    (tmp_path / "output" / "epoch_0" / "README.md").write_text("mine")
    before = list_weights(run)
    write_weights(run, 0)

    assert refresh_companions(run, before) == ()
    assert contents(run, 0)["README.md"] == "mine"


def test_a_run_without_weights_leaves_all(run: Training) -> None:
    assert refresh_companions(run, list_weights(run)) == ()
    assert refresh_companions(None, list_weights(None)) == ()
    assert set(contents(run, 0).values()) == {"old"}
