"""What was trained is measured by `eleuther_eval`, on tasks that a person brings, without the Hub."""

import json
import os
import re
import subprocess
from pathlib import Path

import pytest
import yaml
from tests.devcluster import torch_environment
from tests.devcluster.cache import ROOT
from tests.training import variants
from tests.training.conftest import Trained
from tests.training.container import PACKAGE, Container, Outcome, tiny_container
from tests.training.refused import assert_refused
from tests.training.rendered import command_of

EXAMPLE = ROOT / "manifests" / "examples" / "evaluate.yaml"
COMMAND = command_of([yaml.safe_load(EXAMPLE.read_text())])[0]
# Beside the example's task: texts that are scored as a whole, and answers that the model gives itself.
COMMON: dict[str, object] = {
    "dataset_path": "json",
    "dataset_kwargs": {"data_files": {"test": "colours.jsonl"}},
    "test_split": "test",
}
OTHERS: dict[str, dict[str, object]] = {
    "texts": {
        "output_type": "loglikelihood_rolling",
        "doc_to_text": "",
        "doc_to_target": "{{question}}\n{{choices[answer]}}",
        "metric_list": [{"metric": "bits_per_byte"}],
    },
    "answers": {
        "output_type": "generate_until",
        "doc_to_text": "{{question}}\n",
        "doc_to_target": "{{choices[answer]}}",
        "generation_kwargs": {"until": ["."]},
        "metric_list": [{"metric": "exact_match"}],
    },
}
TASKS = [
    pytest.param(
        ["tasks=[colours,colors]", "include_path=/questions"],
        r"There is no task colors, neither in lm_eval nor in \S+/questions \(include_path\), whose \*\.yaml files have "
        r"answers, colours, texts; did you mean colours\?",
        id="an unknown task",
    ),
    pytest.param(
        ["tasks=[truthfulqa_mc3]"],
        r"There is no task truthfulqa_mc3, neither in lm_eval nor in a folder of your own \(include_path, which is not "
        r"set\); did you mean truthfulqa_mc2\?",
        id="a task that lm_eval lacks",
    ),
    pytest.param(
        ["tasks=[colours]", "include_path=/workspace/questoins"],
        r"There is no folder of tasks /workspace/questoins \(include_path\); / holds .+\.",
        id="folder",
    ),
    pytest.param(
        ["tasks=colours"],
        r"The configuration does not fit the recipe eleuther_eval: tasks is 'colours'; it has to be a list: "
        r"tasks=\[colours\]\.",
        id="one task",
    ),
    pytest.param(
        ["checkpointer.checkpoint_dir=/workspace/modle"],
        r"There is no model folder /workspace/modle \(checkpointer.checkpoint_dir\); / holds .+\.",
        id="model",
    ),
]
# What lm_eval itself says, beside what the launcher takes it for; the command line is the folder of a model.
ASKED = """
import json, sys
from lm_eval.models.huggingface import HFLM
from lm_eval.tasks import TaskManager
from trainjob_torchtune.preflight.run import tasks
from trainjob_torchtune.run.evaluation_folder import working_folder
from trainjob_torchtune.run.training import parse_training
known = tasks.find_tasks(tasks._lm_eval())
training = parse_training("eleuther_eval", {"tasks": [], "checkpointer": {"checkpoint_dir": sys.argv[1]}})
with working_folder(training):
    first = HFLM(pretrained="gpt2", device="cpu").prefix_token_id
print(json.dumps({"refused": sorted(set(TaskManager().all_tasks) - known), "known": len(known), "first": first}))
"""


@pytest.fixture
def packages() -> dict[str, str]:
    """The variable with which the container has the variant's packages."""
    return {"PYTHONPATH": f"{PACKAGE}{os.pathsep}{variants.ensure('evaluation')}"}


@pytest.fixture
def equipped(tmp_path: Path, packages: dict[str, str]) -> Container:
    """A container of the variant."""
    return tiny_container(tmp_path, **packages)


@pytest.fixture
def questions(tmp_path: Path) -> Path:
    """The example's task, as its comments have it, and two more."""
    folder = tmp_path / "questions"
    folder.mkdir()
    for name in ("colours.yaml", "colours.jsonl"):
        [block] = re.findall(rf"^# {name}:\n((?:#     .*\n)+)", EXAMPLE.read_text(), re.MULTILINE)
        (folder / name).write_text(re.sub("^#     ", "", block, flags=re.MULTILINE))
    for name, task in OTHERS.items():
        (folder / f"{name}.yaml").write_text(yaml.safe_dump({"task": name, **COMMON, **task}))
    return folder


def evaluate(trained: Trained, epoch: int, volume: Path, questions: Path, packages: dict[str, str]) -> Outcome:
    """Run the example's command on what a run left."""
    (volume / "output").symlink_to(trained[0].output)
    fitted = [word for word in trained[0].tiny("full", "") if word.startswith(("model", "tokenizer.special", "dtype="))]
    places = {"/trained": str(volume), "/questions": str(questions), "epoch_0": f"epoch_{epoch}"}
    words = COMMAND
    for place, real in places.items():
        words = [word.replace(place, real) for word in words]
    container = Container(volume, volume, volume, packages)
    return container.run([*words, *fitted, "tasks=[colours,texts,answers]", "max_seq_length=512"])


def measured(outcome: Outcome) -> dict[str, float]:
    """Return what the table in the log says, by metric."""
    rows = [line.split("|") for line in outcome.lines if line.startswith("|") and "---" not in line]
    return {row[5].strip(): float(row[7]) for row in rows[1:]}


def test_what_was_trained_is_measured_on_ones_own_questions(
    tmp_path: Path, questions: Path, packages: dict[str, str], full: Trained, lora: Trained
) -> None:
    """`lora` has learnt the same rows further, on top of what `full` left: texts of that kind are likelier to it."""
    found = []
    for name, trained, epoch in (("full", full, 0), ("lora", lora, 1)):
        volume = tmp_path / name
        volume.mkdir()
        outcome = evaluate(trained, epoch, volume, questions, packages)
        assert outcome.code == 0, "\n".join(outcome.lines)
        assert [path.name for path in volume.iterdir() if not path.name.startswith(".")] == [
            "output",
            "termination-log",
        ]
        found.append(measured(outcome))

    before, after = found
    assert set(before) == set(after) == {"acc", "bits_per_byte", "exact_match"}
    assert all(value in {0.0, 0.5, 1.0} for value in (before["acc"], after["acc"]))
    assert 0 < after["bits_per_byte"] < before["bits_per_byte"]


@pytest.mark.parametrize(("overrides", "sentence"), TASKS)
def test_a_mistake_in_the_tasks(
    equipped: Container, questions: Path, overrides: list[str], sentence: str, mistake: str
) -> None:
    needed = equipped.tiny("eleuther_eval", "eleuther_evaluation", "checkpointer.checkpoint_files=[model.safetensors]")
    words = [word for word in needed if not word.startswith("dataset")]

    given = [word.replace("/questions", str(questions)) for word in overrides]
    assert_refused(equipped, [*words, *given], sentence, mistake)


def test_lm_eval_has_no_task_that_is_refused_and_begins_texts_as_the_model_does(
    tmp_path: Path, packages: dict[str, str]
) -> None:
    """The launcher reads the names of tasks where lm_eval parses 12,000 files, which takes it seconds."""
    (tmp_path / "config.json").write_text('{"bos_token_id": 128000, "eos_token_id": 128001}')
    done = subprocess.run(
        [torch_environment.ensure() / "bin" / "python", "-c", ASKED, tmp_path],
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path), "HF_HUB_OFFLINE": "1", **packages},
        capture_output=True,
        text=True,
        check=True,
    )
    told = json.loads(done.stdout.splitlines()[-1])

    assert told.pop("known") > 10_000
    assert told == {"refused": [], "first": 128000}
