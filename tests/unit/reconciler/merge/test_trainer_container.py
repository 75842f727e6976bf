"""What the trainer's container gets beside its command, and commands that are taken as they are."""

from typing import Any

import pytest
from tests.factories.objects import (
    ENDPOINT,
    LORA,
    SDK,
    container_of,
    env_of,
    gpus,
    rejected,
    resolved,
    runtime_with,
    step_of,
    trainjob,
)

from trainjob_operator.api.conditions import Reason


def test_a_trainjob_that_only_names_its_runtime_runs_what_the_runtime_says() -> None:
    container = container_of(resolved(trainjob()))

    assert container.command is not None
    assert container.command[:4] == ("tune", "run", "--rdzv_endpoint=localhost:29500", "full_finetune_distributed")
    assert env_of(container).keys() == {"HOME"}
    assert container.ports is None


@pytest.mark.parametrize(
    ("trainer", "command", "args"),
    [
        pytest.param({"args": ["epochs=2"]}, None, ("epochs=2",), id="arguments alone"),
        pytest.param({"args": []}, None, (), id="no arguments"),
        pytest.param({"command": ["python", "x.py"], "args": ["--a"]}, ("python", "x.py"), ("--a",), id="a command"),
        pytest.param(
            {"command": ["tune", "run", "x", "--config", "c"]},
            ("tune", "run", "x", "--config", "c"),
            None,
            id="a whole tune run",
        ),
    ],
)
def test_another_command_is_taken_as_it_is(
    trainer: dict[str, Any], command: tuple[str, ...] | None, args: tuple[str, ...] | None
) -> None:
    container = container_of(resolved(trainjob(trainer={"image": "me:1", **trainer})))

    assert container.command == (command or container_of(resolved(trainjob())).command)
    assert container.args == args
    assert container.image == "me:1"
    assert env_of(container)["PET_MASTER_ADDR"] == "j-node-0-0.j"
    assert env_of(container)["PET_MASTER_PORT"] == "29500"
    assert [port.container_port for port in container.ports or ()] == [29500]


@pytest.mark.parametrize(
    ("of_runtime", "of_trainjob", "processes"),
    [("auto", None, "auto"), ("gpu", None, "auto"), ("cpu", None, "6"), (1, None, "1"), (4, 2, "2")],
)
def test_a_runtime_of_v2_1_says_how_many_processes_train(
    of_runtime: object, of_trainjob: int | None, processes: str
) -> None:
    resources = {"limits": {"nvidia.com/gpu": 2, "cpu": 6}}
    runtime = runtime_with(
        node={"resources": resources}, spec={"mlPolicy": {"numNodes": 1, "torch": {"numProcPerNode": of_runtime}}}
    )

    job = resolved(trainjob(trainer={"command": SDK, "numProcPerNode": of_trainjob}), runtime)

    assert env_of(container_of(job))["PET_NPROC_PER_NODE"] == processes
    assert job.recipe is not None
    assert job.recipe.recipe.endswith("single_device") is (processes == "1")


def test_several_nodes_do_not_wait_each_at_its_own_localhost() -> None:
    container = container_of(resolved(trainjob(trainer={"numNodes": 2, "args": ["epochs=1"]})))

    assert ENDPOINT in (container.command or ())


@pytest.mark.parametrize("field", ["command", "args"])
def test_several_nodes_meet_however_the_runtime_writes_where(field: str) -> None:
    words = ["torchrun", "--rdzv_endpoint", "localhost:29500", "x.py"]
    runtime = runtime_with(node={"command": None, "args": None, field: words})

    container = container_of(resolved(trainjob(trainer={"numNodes": 2}), runtime))

    assert getattr(container, field) == ("torchrun", "--rdzv_endpoint", "j-node-0-0.j:29500", "x.py")


@pytest.mark.parametrize(
    ("command", "args"),
    [
        pytest.param(SDK, ["lora_finetune_distributed", "--config", "llama3_2/3B_lora", "output_dir=/o"], id="half"),
        pytest.param(
            None, [*SDK, "lora_finetune_distributed", "--config", "llama3_2/3B_lora", "output_dir=/o"], id="all"
        ),
    ],
)
@pytest.mark.parametrize("given", [None, ["epochs=2"]], ids=["nothing given", "arguments given"])
def test_what_a_runtime_runs_may_stand_in_its_arguments(
    command: list[str] | None, args: list[str], given: list[str] | None
) -> None:
    trainer = {"command": SDK, "resourcesPerNode": gpus(1)} | ({} if given is None else {"args": given})

    container = container_of(resolved(trainjob(trainer=trainer), runtime_with(node={"command": command, "args": args})))

    recipe = ("lora_finetune_single_device", "--config", "llama3_2/3B_lora_single_device", "output_dir=/o")
    assert container.command == (*SDK, *recipe)
    assert container.args == tuple(given or ())


def test_environment_is_replaced_in_place_and_empty_values_stay() -> None:
    env = [{"name": "HOME", "value": "/home"}, {"name": "EMPTY", "value": ""}]

    container = container_of(resolved(trainjob(trainer={"env": env})))

    assert list(env_of(container).items())[:2] == [("HOME", "/home"), ("EMPTY", "")]
    assert env_of(container)["TRAINJOB_ACCELERATORS_PER_NODE"] == "2"


def test_shared_memory_is_a_volume_unless_the_runtime_has_one() -> None:
    mine = {"name": "initializer", "mountPath": "/dev/shm/"}  # noqa: S108 - the path in question
    with_own = runtime_with(node={"volumeMounts": [mine]})

    ours = step_of(resolved(trainjob())).template.spec.template.spec
    theirs = step_of(resolved(trainjob(), with_own)).template.spec.template.spec

    assert {"name": "shared-memory", "emptyDir": {"medium": "Memory"}} in [v.model_dump() for v in ours.volumes or ()]
    assert "shared-memory" not in [volume.name for volume in theirs.volumes or ()]


def test_a_request_of_an_accelerator_alone_means_the_limit_too() -> None:
    container = container_of(resolved(trainjob(trainer={"resourcesPerNode": {"requests": {"nvidia.com/gpu": 1}}})))

    assert container.resources is not None
    assert container.resources.limits == container.resources.requests == {"nvidia.com/gpu": "1"}


def test_a_quantity_that_is_none_is_explained() -> None:
    result = rejected(trainjob(trainer={"resourcesPerNode": {"limits": {"cpu": "many"}}}), runtime_with())

    assert result.reason is Reason.INVALID_SPEC
    assert "'many' is not a quantity" in result.message


@pytest.mark.parametrize(
    ("runtime", "config", "tokenizer"),
    [
        ("torchtune-llama3.2-3b", "llama3_2/3B", ["tokenizer.path=/workspace/model/original/tokenizer.model"]),
        (
            "torchtune-qwen2.5-1.5b",
            "qwen2_5/1.5B",
            ["tokenizer.path=/workspace/model/vocab.json", "tokenizer.merges_file=/workspace/model/merges.txt"],
        ),
    ],
)
def test_the_bundled_runtimes_train_their_models(runtime: str, config: str, tokenizer: list[str]) -> None:
    lora = {"command": SDK, "args": [LORA], "resourcesPerNode": gpus(1)}

    command = container_of(resolved(trainjob(runtime=runtime, trainer=lora))).command or ()

    assert command[2:5] == ("lora_finetune_single_device", "--config", f"{config}_lora_single_device")
    assert [word for word in command if word.startswith("tokenizer.")] == tokenizer


def test_a_program_of_the_users_own_runs_on_torch_distributed() -> None:
    trainer = {"command": ["bash", "-c", "torchrun train.py"], "numNodes": 2, "resourcesPerNode": gpus(4)}

    result = resolved(trainjob(runtime="torch-distributed", trainer=trainer))

    container = container_of(result)
    assert container.command == ("bash", "-c", "torchrun train.py")
    assert env_of(container) | {"PET_NNODES": "2", "PET_NPROC_PER_NODE": "auto"} == env_of(container)
    assert env_of(container)["PET_MASTER_ADDR"] == "j-node-0-0.j"
    assert result.recipe is None
    assert result.claims == ()
