"""Runtimes without a framework: their command runs as it is, on as many nodes as are asked for."""

from typing import Any

import pytest
from tests.factories.objects import (
    SDK,
    container_of,
    env_of,
    resolved,
    runtime_body,
    runtime_with,
    step,
    step_of,
    trainjob,
)

from trainjob_operator.api.runtime import Runtime, parse_runtime

POLICIES = [pytest.param({"mlPolicy": {"numNodes": 2}}, id="nodes alone"), pytest.param({"mlPolicy": None}, id="none")]


def plain(**spec: object) -> Runtime:
    return runtime_with(node={"command": ["python", "train.py"], "args": ["--fast"]}, spec=spec)


@pytest.mark.parametrize("spec", POLICIES)
def test_the_command_runs_without_what_torchrun_reads(spec: dict[str, Any]) -> None:
    job = trainjob(trainer={"env": [{"name": "SEED", "value": "1"}], "image": "registry.example/train:1"})

    container = container_of(resolved(job, plain(**spec)))

    assert (container.command, container.args) == (("python", "train.py"), ("--fast",))
    assert container.image == "registry.example/train:1"
    environment = env_of(container)
    assert environment["SEED"] == "1"
    assert not [name for name in environment if name.startswith(("PET_", "TRAINJOB_"))]
    assert not container.ports


@pytest.mark.parametrize(
    ("policy", "trainer", "nodes"),
    [
        pytest.param({"numNodes": 2}, {}, 2, id="the runtime's nodes"),
        pytest.param({"numNodes": 2}, {"numNodes": 3}, 3, id="the TrainJob's nodes"),
        pytest.param(None, {}, 1, id="one node"),
    ],
)
def test_as_many_pods_as_nodes(policy: dict[str, Any] | None, trainer: dict[str, Any], nodes: int) -> None:
    assert step_of(resolved(trainjob(trainer=trainer), plain(mlPolicy=policy))).pods == nodes


def test_command_arguments_and_resources_are_the_trainjobs_where_it_gives_some() -> None:
    trainer = {"command": SDK, "args": [], "resourcesPerNode": {"limits": {"cpu": "2"}}}

    container = container_of(resolved(trainjob(trainer=trainer), plain(mlPolicy=None)))

    assert (container.command, container.args) == (("tune", "run"), ())
    assert container.resources is not None
    assert (container.resources.limits or {})["cpu"] == "2"


def test_torchruns_variables_are_free_where_torchrun_is_not() -> None:
    trainer = {"env": [{"name": "PET_NNODES", "value": "9"}]}

    assert env_of(container_of(resolved(trainjob(trainer=trainer), plain(mlPolicy=None))))["PET_NNODES"] == "9"


def test_init_containers_get_torchruns_environment_where_the_runtime_names_them() -> None:
    body = runtime_body()
    step(body, "node")["template"]["spec"]["template"]["spec"]["initContainers"] = [{"name": "prep", "image": "i"}]
    body["spec"]["mlPolicy"]["torch"] = {"envInjection": {"targets": [{"jobName": "node", "containerNames": ["prep"]}]}}

    result = resolved(trainjob(trainer={"numNodes": 2, "command": ["python"]}), parse_runtime(body))

    [prepares] = step_of(result).template.spec.template.spec.init_containers or ()
    assert env_of(prepares)["PET_NNODES"] == "2"
    assert env_of(prepares)["PET_MASTER_ADDR"] == "j-node-0-0.j"


@pytest.mark.parametrize("value", ["evaluator", "exporter", "x"])
def test_a_step_label_of_ones_own_is_left_alone(value: str) -> None:
    body = runtime_body()
    jobs = body["spec"]["template"]["spec"]["replicatedJobs"]
    own = {"name": "own", "template": {"spec": {"template": {"spec": {"containers": [{"name": "c", "image": "i"}]}}}}}
    own["template"]["metadata"] = {"labels": {"trainer.kubeflow.org/trainjob-ancestor-step": value}}  # type: ignore[index] # nested bodies
    jobs.append(own)

    assert step_of(resolved(trainjob(), parse_runtime(body)), "own").name == "own"
