"""TrainJobs as they are in use, and what Kubeflow Trainer v2.3 makes of them: the same, or by name something better."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.factories.objects import LLAMA, container_of, rejected, resolved, runtime_body, step_of
from tests.world.world import World

from trainjob_operator.api.runtime import parse_runtime
from trainjob_operator.api.trainjob import TrainJob, parse_trainjob
from trainjob_operator.api.workload import Container
from trainjob_operator.reconciler.reconcile import reconcile
from trainjob_operator.torchtune.arguments import key_of

START = datetime(2026, 1, 1, tzinfo=UTC)
RUNTIME = parse_runtime(runtime_body(LLAMA))
OWN = list(
    container_of(resolved(parse_trainjob({"metadata": {"name": "j"}, "spec": {"runtimeRef": {"name": LLAMA}}}))).command
    or ()
)
INDEX = {"fieldRef": {"fieldPath": "metadata.annotations['batch.kubernetes.io/job-completion-index']"}}
Case = dict[str, Any]


def read_cases() -> list[Case]:
    text = Path(__file__).with_name("peer_cases.yaml").read_text()
    cases: list[Case] = yaml.safe_load(text)
    return [yaml.safe_load(yaml.safe_dump(case).replace("$NAME", case["name"])) for case in cases]


CASES = read_cases()
RUN = [case for case in CASES if "refused" not in case]
BARE = [case for case in RUN if "chosen" in case]
REFUSED = [case for case in CASES if "refused" in case]


def name_of(case: Case) -> str:
    return str(case["name"])


def job_of(case: Case) -> TrainJob:
    metadata = {"name": case["name"], "namespace": "team-a", "uid": "u", "creationTimestamp": START.isoformat()}
    spec = {key: case[key] for key in ("trainer", "initializer", "suspend") if key in case}
    return parse_trainjob({"metadata": metadata, "spec": {"runtimeRef": {"name": LLAMA}, **spec}})


def is_about_data(word: str) -> bool:
    return key_of(word).partition(".")[0] == "dataset"


def torchrun_env(container: Container) -> dict[str, Any]:
    env = [entry.model_dump(by_alias=True, exclude_unset=True) for entry in container.env or ()]
    torchruns = [entry for entry in env if entry["name"].startswith("PET_")]
    return {entry["name"]: entry.get("value", entry.get("valueFrom")) for entry in torchruns}


def work(world: World) -> dict[str, bool]:
    """Reconcile until nothing is left to do; the Jobs there are then, and whether they are suspended."""
    while (plan := reconcile(world.observe(world.view()))).actions or plan.status is not None:
        world.execute(plan)
    return {name: job.suspended for name, job in world.jobs.items()}


@pytest.mark.parametrize("case", RUN, ids=name_of)
def test_the_trainer_is_the_same(case: Case) -> None:
    result = resolved(job_of(case), RUNTIME)
    container = container_of(result)

    if "chosen" in case:
        theirs = ["tune", "run", *case["chosen"], *(word for word in OWN[6:] if not is_about_data(word))]
        ours = [word for word in container.command or () if not is_about_data(word)]
    else:
        theirs, ours = case.get("command", OWN), list(container.command or ())
    assert ours == theirs
    assert list(container.args or ()) == case.get("trainer", {}).get("args", [])
    assert container.resources is not None
    assert container.resources.limits == case.get("limits", {"nvidia.com/gpu": "2"})
    assert step_of(result).pods == case.get("parallelism", 1)
    env = {"PET_NNODES": "1", "PET_NPROC_PER_NODE": "auto", "PET_NODE_RANK": INDEX}
    assert torchrun_env(container) == (env | case.get("env", {}) if "trainer" in case else {})


@pytest.mark.parametrize("case", BARE, ids=name_of)
def test_better_the_data_set_that_the_runtime_names_is_kept_unless_the_trainjob_names_one(case: Case) -> None:
    args = {key_of(word) for word in case["trainer"].get("args", ())}
    args |= {"dataset.data_dir"} if "dataset.data_files" in args else set()

    command = container_of(resolved(job_of(case), RUNTIME)).command or ()

    kept = [word for word in OWN if is_about_data(word) and key_of(word) not in args]
    assert [word for word in command if is_about_data(word)] == kept


@pytest.mark.parametrize("case", RUN, ids=name_of)
def test_the_same_jobs_are_there_before_and_after_the_initializers_and_at_the_end(case: Case) -> None:
    world, suspend = World(job=job_of(case), runtime=RUNTIME, now=START), case.get("suspend", False)
    initializers = {f"{case['name']}-{kind}-initializer-0": suspend for kind in ("dataset", "model")}
    trainer = f"{case['name']}-node-0"

    assert work(world) == initializers
    for name in initializers:
        world.start_pods(name)
        world.end_pods(name, succeed=True)
    assert work(world) == (initializers if suspend else {**initializers, trainer: False})
    world.start_pods(trainer)
    world.end_pods(trainer, succeed=True)
    assert work(world) == (initializers if suspend else {**initializers, trainer: False})


@pytest.mark.parametrize("case", REFUSED, ids=name_of)
def test_what_is_refused_is_refused_in_the_same_words_all_at_once(case: Case) -> None:
    message = rejected(job_of(case), RUNTIME).message

    assert [words for words in case["refused"] if words not in message] == []
    assert message.count("spec.trainer.") >= len(case["refused"])


def test_better_qlora_runs_on_several_gpus_as_lora_with_a_quantized_base() -> None:
    trainer = {"command": ["tune", "run"], "args": ["model.quantize_base=True"]}

    container = container_of(resolved(job_of({"name": "q", "trainer": trainer}), RUNTIME))

    recipe = ["--rdzv_endpoint=q-node-0-0.q:29500", "lora_finetune_distributed", "--config", "llama3_2/1B_lora"]
    assert list(container.command or ())[:6] == ["tune", "run", *recipe]
    assert container.args == ("model.quantize_base=True",)


def test_better_recipe_and_processes_follow_the_merged_resources() -> None:
    trainer = {"command": ["tune", "run"], "resourcesPerNode": {"limits": {"memory": "64Gi"}}}

    container = container_of(resolved(job_of({"name": "m", "trainer": trainer}), RUNTIME))

    assert "full_finetune_distributed" in (container.command or ())
    assert container.resources is not None
    assert container.resources.limits == {"memory": "64Gi", "nvidia.com/gpu": "2"}
