import json
from dataclasses import replace
from pathlib import Path

import pytest
from tests.factories.training import checkpointer, training

from trainjob_torchtune.run.evaluation import Evaluation
from trainjob_torchtune.run.evaluation_folder import working_folder
from trainjob_torchtune.run.training import Training


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "here"
    folder.mkdir()
    (folder / "both").write_text("here")
    (folder / "recipe.py").touch()
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def evaluated(tmp_path: Path) -> Training:
    tasks, model = tmp_path / "tasks", tmp_path / "model"
    (tasks / "evaluate").mkdir(parents=True)
    model.mkdir()
    for name in ("both", "questions.jsonl", "datasets.py", "evaluate/__init__.py"):
        (tasks / name).write_text("tasks")
    return replace(training(checkpointers=(checkpointer(model),)), evaluation=Evaluation((), (tasks,)))


def first_token() -> object:
    return json.loads(Path("gpt2/tokenizer.json").read_bytes())["model"]["vocab"]["<first>"]


def test_paths_lead_where_they_led_and_data_lie_beside_their_tasks(here: Path, evaluated: Training) -> None:
    with working_folder(evaluated):
        folder = Path.cwd()
        assert sorted(path.name for path in folder.iterdir()) == ["both", "gpt2", "questions.jsonl", "recipe.py"]
        assert Path("both").read_text() == "here"
        assert Path("questions.jsonl").read_text() == "tasks"

    assert Path.cwd() == here
    assert not folder.exists()
    assert (here / "both").exists()


@pytest.mark.parametrize("other", [None, training()])
def test_others_work_where_they_are(here: Path, other: Training | None) -> None:
    with working_folder(other):
        assert Path.cwd() == here
        assert not Path("gpt2").exists()


def test_a_model_of_that_name_is_not_taken_for_it(here: Path, evaluated: Training) -> None:
    (here / "gpt2").mkdir()

    with working_folder(evaluated):
        assert not Path("gpt2").is_symlink()


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize(
    ("config", "token"),
    [
        pytest.param('{"bos_token_id": 128000, "eos_token_id": 128001}', 128000, id="the first"),
        pytest.param('{"bos_token_id": null, "eos_token_id": 5}', 5, id="only the last"),
        pytest.param('{"eos_token_id": [7, 8]}', 7, id="several"),
        pytest.param("{}", 0, id="none"),
        pytest.param("[]", 0, id="no mapping"),
        pytest.param("{", 0, id="broken"),
        pytest.param(None, 0, id="no configuration"),
    ],
)
def test_the_first_token_is_that_of_the_model(evaluated: Training, config: str | None, token: int) -> None:
    if config is not None:
        (evaluated.checkpointers[0].folder / "config.json").write_text(config)

    with working_folder(evaluated):
        assert first_token() == token


@pytest.mark.usefixtures("here")
def test_the_weights_are_whole(evaluated: Training) -> None:
    with working_folder(evaluated):
        data = Path("gpt2/model.safetensors").read_bytes()

    length = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + length])
    assert (
        max(one["data_offsets"][1] for name, one in header.items() if name != "__metadata__") == len(data) - 8 - length
    )
