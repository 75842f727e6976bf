"""Groups of processes that really train in pods: they meet, learn, leave a checkpoint, and end together."""

import json
import os
import random
import signal
import time
from collections.abc import Callable, Iterator
from statistics import mean
from typing import Any

import pytest
from tests.cluster.kube import Body, Kube
from tests.cluster.trainjobs import await_complete, conditions_of
from tests.cluster.waiting import eventually
from tests.demo import stage
from tests.devcluster import Cluster
from tests.e2e.tiny_jobs import MODEL, PREFERENCES, Job, tiny_job

TRAINED_WITHIN_S = 900.0
ENDS_WITHIN_S = 60.0
GATE = "test.example.com/late"
DPO = ("lora_dpo_single_device", "--config", "llama3_1/8B_lora_dpo_single_device")


@pytest.fixture
def create(kube: Kube) -> Iterator[Callable[[Body], Job]]:
    """Creates TrainJobs, and deletes them after the test."""
    jobs: list[Job] = []

    def create(body: Body) -> Job:
        kube.create(body)
        jobs.append(Job(kube, body["metadata"]["name"]))
        return jobs[-1]

    yield create
    for job in jobs:
        kube.delete("TrainJob", stage.NAMESPACE, job.name)


def test_t23_two_nodes_of_two_processes_train_though_the_first_comes_late(
    kube: Kube, create: Callable[[Body], Job]
) -> None:
    """All weights are trained; the second node waits for the first one's name."""
    job = create(tiny_job("full", "optimizer.lr=1e-3", "epochs=2", nodes=2, gpus=2, runtimePatches=[gated_trainer()]))
    eventually(lambda: len(job.pods()) == 2)
    first, second = job.pods()
    open_gate(kube.cluster, second)
    eventually(lambda: is_running(job, 1))
    eventually(lambda: "Waiting for the first node: its name full-node-0-0.full is not" in job.log(second))
    open_gate(kube.cluster, first)

    await_complete(kube, stage.NAMESPACE, job.name, TRAINED_WITHIN_S)

    assert "The first node's name full-node-0-0.full is there after" in job.log(second)
    assert job.status["recipe"] == {
        "model": MODEL.partition("/")[2],
        "method": "full",
        "recipe": "full_finetune_distributed",
        "config": "llama3_2/1B_full",
        "numNodes": 2,
        "numProcPerNode": "auto",
    }
    assert_learned(job, steps=16)


def gated_trainer() -> dict[str, Any]:
    """A patch that keeps the trainer's pods from being scheduled, as a queue's topology does."""
    pod = {"spec": {"template": {"spec": {"schedulingGates": [{"name": GATE}]}}}}
    template = {"spec": {"replicatedJobs": [{"name": "node", "template": pod}]}}
    return {"manager": "test.example.com/gates", "trainingRuntimeSpec": {"template": template}}


def open_gate(cluster: Cluster, pod: Body) -> None:
    name = pod["metadata"]["name"]
    patch = '{"spec": {"schedulingGates": null}}'
    cluster.kubectl("patch", "pod", name, f"--namespace={stage.NAMESPACE}", "--type=merge", f"--patch={patch}")


def is_running(job: Job, index: int) -> bool:
    return bool(job.pods()[index]["status"]["phase"] == "Running")


def test_lora_with_two_processes_on_one_node(kube: Kube, create: Callable[[Body], Job]) -> None:
    adapters = ("model.lora_attn_modules=[q_proj,v_proj]", "optimizer.lr=1e-2", "lr_scheduler.num_warmup_steps=1")
    job = create(tiny_job("lora", *adapters, gpus=2, lora=True))

    await_complete(kube, stage.NAMESPACE, job.name, TRAINED_WITHIN_S)

    assert (job.status["recipe"]["recipe"], job.status["recipe"]["config"]) == (
        "lora_finetune_distributed",
        "llama3_2/1B_lora",
    )
    assert_learned(job, steps=16, adapters=True)
    described = json.loads((job.output / "epoch_0" / "adapter" / "adapter_config.json").read_text())
    assert described["base_model_name_or_path"] == MODEL


def test_lora_dpo_with_one_process(kube: Kube, create: Callable[[Body], Job]) -> None:
    model = ("checkpointer.checkpoint_files=[model.safetensors]", "checkpointer.model_type=LLAMA3_2")
    rates = ("optimizer.lr=1e-2", "lr_scheduler.num_warmup_steps=1", "max_steps_per_epoch=16")
    body = tiny_job(*("dpo", *model, *rates), lora=True, recipe=DPO, dataset=PREFERENCES, builder="preference_dataset")
    job = create(body)

    await_complete(kube, stage.NAMESPACE, job.name, TRAINED_WITHIN_S)

    assert job.status["recipe"]["recipe"] == "lora_dpo_single_device"
    assert_learned(job, steps=16, adapters=True)


def assert_learned(job: Job, *, steps: int, adapters: bool = False) -> None:
    losses = job.losses
    assert len(losses) == steps
    assert mean(losses[-4:]) < mean(losses[:4]) - 0.05
    epoch = max(job.output.glob("epoch_*"))
    wanted = {"config.json", "model-00001-of-00001.safetensors"} | ({"adapter"} if adapters else set())
    assert wanted <= {path.name for path in epoch.iterdir()}
    assert (epoch / "adapter" / "adapter_model.safetensors").is_file() == adapters
    assert not (epoch / "adapter_config.json").exists()


@pytest.mark.parametrize(("processes", "rank"), [(2, 3), (1, 0), (1, 1)], ids=["of-four", "first-node", "second-node"])
def test_a_group_ends_together_with_the_evidence_of_the_process_that_was_killed(
    kube: Kube, create: Callable[[Body], Job], processes: int, rank: int
) -> None:
    job = create(endless_job(f"kill-{processes}-{rank}", processes))
    pods = await_any_step(job)

    kill_and_await_failure(kube, job, job.process(rank))

    failure = job.status["failure"]
    dead = pods[rank // processes]["metadata"]["name"]
    assert (failure["pod"], failure["exitCode"]) == (dead, 137)
    assert failure["logTail"].startswith(f"A process of the recipe full_finetune_distributed (rank {rank}) was killed")
    assert f"(rank {rank}) was killed (SIGKILL)" in conditions_of(kube, stage.NAMESPACE, job.name)["Failed"]["message"]


def test_a_group_ends_together_with_the_evidence_of_the_container_that_was_killed(
    kube: Kube, create: Callable[[Body], Job]
) -> None:
    """As when a container's memory is used up and all of its processes are killed at once."""
    job = create(endless_job("kill-container", processes=1))
    pods = await_any_step(job)

    kill_and_await_failure(kube, job, job.launcher(0))

    failure = job.status["failure"]
    assert (failure["pod"], failure["exitCode"]) == (pods[0]["metadata"]["name"], 137)


def endless_job(name: str, processes: int) -> Body:
    """A TrainJob of two nodes that would train for hours."""
    return tiny_job(name, "optimizer.lr=1e-4", "epochs=500", nodes=2, gpus=processes)


def await_any_step(job: Job) -> list[Body]:
    """Wait until some steps are trained, and return the pods by rank."""
    step = random.randint(2, 24)  # noqa: S311 - any will do, and the test says which
    print(f"{job.name}: killed after step {step}")
    eventually(lambda: len(job.pods()) == 2)
    pods = job.pods()
    eventually(lambda: len(job.losses) >= step, within_s=TRAINED_WITHIN_S)
    return pods


def kill_and_await_failure(kube: Kube, job: Job, pid: int) -> None:
    cut = time.monotonic()
    os.kill(pid, signal.SIGKILL)
    eventually(lambda: "Failed" in conditions_of(kube, stage.NAMESPACE, job.name), within_s=ENDS_WITHIN_S)
    print(f"{job.name}: failed after {time.monotonic() - cut:.1f} s")
    assert list(job.processes()) == []
