import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import pytest
from tests.factories.training import checkpointer, dataset, training

from trainjob_contract.workspace import SOURCE_NOTE
from trainjob_torchtune.preflight.model.template import advise_template
from trainjob_torchtune.run.training import Training

INSTRUCT = "HuggingFaceTB/SmolLM2-135M-Instruct"


def run(folder: Path, name: str = INSTRUCT, files: Mapping[str, object] = MappingProxyType({})) -> Training:
    """A folder downloaded from the Hub by its note, with files of JSON."""
    note = {"uri": f"hf://{name}", "commit": "0" * 40}
    for path, content in {SOURCE_NOTE: note, "tokenizer_config.json": {}, **files}.items():
        (folder / path).parent.mkdir(exist_ok=True)
        (folder / path).write_text(json.dumps(content))
    one = replace(checkpointer(folder), needs_config=True)
    return training(checkpointers=(one,), datasets=(dataset(),))


@pytest.mark.parametrize("name", [INSTRUCT, "meta-llama/Llama-2-7b-chat-hf@main", "google/gemma-2-2b-it/sub/folder"])
def test_a_model_to_chat_with_that_has_no_template(tmp_path: Path, name: str) -> None:
    advice = advise_template(run(tmp_path, name))

    assert advice is not None
    repository = name.partition("@")[0].removesuffix("/sub/folder")
    assert advice.startswith(f"{repository} is by its name a model to chat with, but {tmp_path} has no chat template (")


def test_the_name_that_tune_download_leaves_counts_as_well(tmp_path: Path) -> None:
    one = run(tmp_path, files={"original_repo_id.json": {"repo_id": INSTRUCT}})
    (tmp_path / SOURCE_NOTE).unlink()

    assert advise_template(one) is not None


@pytest.mark.parametrize(
    ("name", "files"),
    [
        pytest.param(INSTRUCT, {"tokenizer_config.json": {"chat_template": "{{ messages }}"}}, id="usual"),
        pytest.param(INSTRUCT, {"tokenizer_config.json": {"chat_template": [{"name": "default"}]}}, id="several"),
        pytest.param(INSTRUCT, {"chat_template.jinja": ""}, id="a-file-of-its-own"),
        pytest.param(INSTRUCT, {"additional_chat_templates/tool_use.jinja": ""}, id="only-a-named-one"),
        pytest.param("mistralai/Mistral-7B-Instruct-v0.3", {"tekken.json": {}}, id="mistrals-own-format"),
        pytest.param("HuggingFaceTB/SmolLM2-135M", {}, id="base"),
        pytest.param("org/instructor-xl", {}, id="another-word"),
        pytest.param("Instruct/base-7b", {}, id="of-an-organization"),
    ],
)
def test_models_of_which_nothing_is_said(tmp_path: Path, name: str, files: dict[str, object]) -> None:
    assert advise_template(run(tmp_path, name, files)) is None


def test_of_other_formats_and_of_runs_that_train_nothing_nothing_is_said(tmp_path: Path) -> None:
    one = run(tmp_path)

    assert advise_template(replace(one, checkpointers=(checkpointer(tmp_path),))) is None
    assert advise_template(replace(one, datasets=())) is None
    (tmp_path / SOURCE_NOTE).write_text("{")
    assert advise_template(one) is None
