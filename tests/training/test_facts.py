"""What operator and launcher know of TorchTune and torchrun, without importing them, is what the pinned ones say."""

import json
import os
import subprocess
from typing import Any

import pytest
import yaml
from tests.devcluster import torch_environment
from tests.devcluster.cache import ROOT
from tests.training.container import PACKAGE

from trainjob_contract.recipes import PRECISIONS
from trainjob_contract.tune_run import HELP, WITHOUT_VALUE, TuneRun, parse_tune_run
from trainjob_operator.torchtune import components, faults
from trainjob_torchtune.preflight.data import columns

OVERRIDES = {
    "none": [],
    "values": ["batch_size=8", "optimizer.lr=1e-3", "dtype=fp32", "seed=None", "epochs=null"],
    "component": ["model=torchtune.models.llama3_2.llama3_2", "model.vocab_size=448"],
    "list": ["checkpointer.checkpoint_files=[a.safetensors, b.safetensors]"],
    "mapping-over-a-list": [
        "checkpointer.checkpoint_files.filename_format=model-{}-of-{}.safetensors",
        "checkpointer.checkpoint_files.max_filename=00002",
    ],
    "mapping": ["dataset.column_map={input: question, output: answer}"],
    "new-component": ["lr_scheduler._component_=torchtune.training.get_cosine_schedule_with_warmup"],
    "interpolation": ["output_dir=/workspace/output", "profiler.enabled=True"],
    "removed": ["~seed", "~profiler.with_stack", "~tokenizer.max_seq_len"],
    "removed-with-its-parent": ["~nothing.there"],
    "removed-component": ["~model"],
    "removed-component-key": ["~model._component_"],
    "two-equals": ["dataset.filter=a=b"],
    "no-equals": ["batch_size"],
    "unknown-interpolation": ["output_dir=${nowhere}"],
    "not-yaml": ["dataset.column_map={input: question"],
}
COMMANDS = [
    "r --config c",
    "r a=1 ~b --config c d=2",
    "r --config c --config=d",
    "--nnodes 2 --nproc-per-node=1 r --config c a=1",
    "--standalone --nnodes 1:2 r --config c",
    "--stand r --config c",
    "--nnod 2 r --config c",
    "--no_python -t 1 -r3 -m r --config c",
    "my/recipe.py --config my/config.yaml a=[1,2]",
    "r a=1 --x --config c",
    "r --config --config c",
    "",
    "r",
    "r a=1",
    "r --config",
    "r --config=c",
    "--config c",
    "--config=c r",
    "--config c r a=1",
    "--nproc_per_node 2 --config c r",
    "--nproc_per_node 2 --config=c r a=1",
    "--standalone",
    "r --help",
]


@pytest.fixture(scope="module")
def facts() -> dict[str, Any]:
    done = subprocess.run(
        [torch_environment.ensure() / "bin" / "python", "-m", "tests.training.facts"],
        env={
            "PATH": os.environ["PATH"],
            "PYTHONPATH": f"{ROOT}{os.pathsep}{PACKAGE}",
            "PYTHONDONTWRITEBYTECODE": "1",
        },
        input=json.dumps({"overrides": list(OVERRIDES.values()), "commands": COMMANDS}),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def test_the_operators_catalogue_is_torchtunes_registry(facts: dict[str, Any]) -> None:
    path = ROOT / "operator" / "trainjob_operator" / "torchtune" / "catalogue.yaml"

    assert yaml.safe_load(path.read_text()) == facts["registry"]


def test_torchruns_options_without_a_value(facts: dict[str, Any]) -> None:
    assert {option[:2] + option[2:].replace("_", "-") for option in facts["flags"]} == WITHOUT_VALUE | HELP


def test_arguments_that_builders_of_data_sets_keep(facts: dict[str, Any]) -> None:
    known = {name for name in facts["builders"] if name in columns._MAPPED or name in columns._BY_COLUMN}
    kept = {argument for name in known for argument in facts["builders"][name]}

    # `split` is handed on to load_dataset; the tokenizer comes from the recipe.
    assert kept - {"split", "tokenizer"} == columns.BUILDER_ARGUMENTS


def test_builders_of_data_sets_that_pack(facts: dict[str, Any]) -> None:
    """That of preferences has the argument, and refuses it."""
    packing = {name for name, arguments in facts["builders"].items() if "packed" in arguments} - {"preference_dataset"}

    assert {f"torchtune.datasets.{name}" for name in packing} == components._PACKABLE


def test_every_configuration_of_torchtune_is_understood(facts: dict[str, Any]) -> None:
    assert facts["refused_configs"] == []


def test_what_the_operator_refuses_is_what_torchtune_cannot_do(facts: dict[str, Any]) -> None:
    assert facts["lora_modules"] == list(faults._ATTENTION)
    assert set(facts["precisions"]) - {"fp16"} == PRECISIONS
    limited = facts["limited_configs"]
    assert limited
    assert [config for config in limited if not config.startswith(faults._LIMITED)] == []


def test_sizes_that_are_read_are_those_of_the_models_that_are_made(facts: dict[str, Any]) -> None:
    models = facts["models"]

    assert len(models) > 50
    assert {name for name, model in models.items() if not model["ours"]} == set()
    wrong = {name: model for name, model in models.items() if not model["ours"].items() <= model["theirs"].items()}
    assert wrong == {}


@pytest.mark.parametrize("case", OVERRIDES)
def test_overrides_are_merged_as_torchtune_merges_them(facts: dict[str, Any], case: str) -> None:
    merged = facts["merges"][list(OVERRIDES).index(case)]

    assert merged["ours"] == merged["theirs"]


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_line_is_read_as_torchtune_reads_it(facts: dict[str, Any], command: str) -> None:
    run = parse_tune_run(["tune", "run", *command.split()])
    ours = None
    if isinstance(run, TuneRun):
        recipe = run.recipe.removesuffix(".py").replace("/", ".")
        ours = [recipe, run.config, list(run.overrides), run.is_distributed]

    assert facts["commands"][COMMANDS.index(command)] == ours
