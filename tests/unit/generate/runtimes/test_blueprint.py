"""The bundled runtimes: what is written is what is generated, and what each comes to."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from tests.factories.objects import SDK, container_of, env_of, resolved, runtime_body, step, trainjob
from tests.factories.rendering import RUNTIMES

from trainjob_contract.environment import ACCELERATORS_PER_NODE
from trainjob_operator.api.failure_policy import PodConditionPattern
from trainjob_operator.api.runtime import parse_runtime
from trainjob_operator.generate.runtimes.blueprint import Blueprint, blueprints
from trainjob_operator.generate.runtimes.manifest import to_yaml
from trainjob_operator.reconciler.rules.group import failure_policy_of
from trainjob_operator.torchtune.catalogue import RECIPES
from trainjob_operator.torchtune.methods import Method
from trainjob_operator.torchtune.models import MODELS

ALL = {runtime.name: runtime for runtime in blueprints()}
BY_HAND = {"torch-distributed", "torchtune-smollm2-135m"}
AS_KUBEFLOW = {"torchtune-llama3.2-1b": "20Gi", "torchtune-llama3.2-3b": "30Gi", "torchtune-qwen2.5-1.5b": "20Gi"}


@pytest.fixture(params=ALL)
def runtime(request: pytest.FixtureRequest) -> Blueprint:
    return ALL[request.param]


def test_there_is_one_for_each_model_and_one_for_each_method_that_needs_its_own() -> None:
    assert {one.model.name for one in ALL.values()} == set(MODELS)
    assert {one.method for one in ALL.values()} == set(Method) - {
        # A TrainJob's arguments make these of a model's own.
        Method.DORA,
        Method.QDORA,
        # Its recipe does not start with the torchao of the image.
        Method.LORA_QAT,
    }


def test_the_files_are_what_is_generated() -> None:
    files = {file.stem: file.read_text() for file in RUNTIMES.glob("t*.yaml") if file.stem not in BY_HAND}

    assert files == {name: to_yaml(one) for name, one in ALL.items()}, "run `make runtimes`"


def test_a_bare_tune_run_trains_what_the_labels_say(runtime: Blueprint) -> None:
    job = resolved(trainjob(runtime=runtime.name, trainer={"command": SDK}))
    labels = runtime_body(runtime.name)["metadata"]["labels"]

    assert job.recipe is not None
    assert job.recipe.method == labels["trainer.kubeflow.org/method"]
    assert job.recipe.model == labels["trainer.kubeflow.org/model"]
    assert (job.recipe.recipe, job.recipe.config) == (runtime.selection.recipe, runtime.selection.config)
    assert labels["trainer.kubeflow.org/model"] in runtime.model.repository


def test_it_runs_the_same_without_a_trainer(runtime: Blueprint) -> None:
    """But for the endpoint, which is the first pod's name once a TrainJob says how many there are."""
    bare, plain = (
        sorted(container_of(resolved(job)).command or ())
        for job in (trainjob(runtime=runtime.name, trainer={"command": SDK}), trainjob(runtime=runtime.name))
    )

    assert [word for word in bare if ":29500" not in word] == [word for word in plain if ":29500" not in word]


def paths(runtime: Blueprint) -> Iterator[str]:
    for override in runtime.overrides:
        key, _, value = override.partition("=")
        if key.endswith("checkpoint_dir"):
            yield value


def test_each_model_lies_where_a_step_downloads_it(runtime: Blueprint) -> None:
    job = resolved(trainjob(runtime=runtime.name))
    folders = set()
    for name in {one.name for one in job.steps} - {"node", "dataset-initializer"}:
        container = container_of(job, name)
        folders.add(f"{env_of(container).get('TRAINJOB_WORKSPACE', '/workspace')}/{(container.args or ())[0]}")

    assert set(paths(runtime)) == folders
    assert "/tmp" not in str(runtime.overrides)  # noqa: S108 - where the configs look for models


def test_every_checkpointer_of_the_config_is_pointed_somewhere(runtime: Blueprint) -> None:
    expected = {
        Method.FULL_DPO: ["checkpointer", "ref_checkpointer"],
        Method.DISTILLATION: ["checkpointer", "teacher_checkpointer"],
        Method.PPO: ["checkpointer", "ref_policy_checkpointer", "reward_checkpointer", "value_checkpointer"],
    }.get(runtime.method, ["checkpointer"])

    assert [
        key.removesuffix(".checkpoint_dir")
        for key in (override.partition("=")[0] for override in runtime.overrides)
        if key.endswith(".checkpoint_dir")
    ] == expected


def test_accelerators_equal_processes_and_a_recipe_for_one_has_one(runtime: Blueprint) -> None:
    container = container_of(resolved(trainjob(runtime=runtime.name, trainer={"command": SDK})))

    assert env_of(container)[ACCELERATORS_PER_NODE] == str(runtime.accelerators)
    if not RECIPES[runtime.selection.recipe].is_distributed:
        assert runtime.accelerators == 1


def test_a_faster_one_is_the_plain_one_with_other_settings() -> None:
    fast = [one for one in ALL.values() if one.plain is not None]

    assert {"torchtune-llama3.2-1b", "torchtune-llama3.2-3b", "torchtune-qwen2.5-1.5b"} <= {one.plain for one in fast}
    for one in fast:
        plain = ALL[one.plain or ""]
        assert one.name == f"{plain.name}-fast"
        assert one.overrides[: len(plain.overrides)] == plain.overrides
        assert one.memory == (plain.memory or one.memory)
        same = replace(one, name=plain.name, overrides=plain.overrides, memory=plain.memory, plain=None)
        assert same == plain


@pytest.mark.parametrize(
    "arguments", [["model.lora_attn_modules=[q_proj]"], ["dataset=torchtune.datasets.chat_dataset"]]
)
def test_a_trainjob_on_a_faster_one_stays_fast(arguments: list[str]) -> None:
    job = trainjob(runtime="torchtune-llama3.2-1b-fast", trainer={"command": SDK, "args": arguments})
    words = container_of(resolved(job)).command or ()

    assert {"compile=True", "dataset.packed=True", "tokenizer.max_seq_len=4096", "batch_size=1"} <= set(words)


@pytest.mark.parametrize("name", AS_KUBEFLOW)
def test_kubeflows_names_keep_their_meaning(name: str) -> None:
    """What a TrainJob that was written for the runtime of this name there relies on."""
    body = runtime_body(name)
    [container] = step(body, "node")["template"]["spec"]["template"]["spec"]["containers"]
    [policy] = body["spec"]["template"]["spec"]["volumeClaimPolicies"]

    assert container["resources"] == {"limits": {"nvidia.com/gpu": 2}}
    assert policy["templates"][0]["spec"]["resources"]["requests"]["storage"] == AS_KUBEFLOW[name]
    assert container["command"][2:4] == ["--rdzv_endpoint=localhost:29500", "full_finetune_distributed"]
    assert container["command"][6:10] == [
        "dataset=torchtune.datasets.instruct_dataset",
        "dataset.source=parquet",
        "dataset.data_dir=/workspace/dataset/data",
        "output_dir=/workspace/output",
    ]


@pytest.mark.parametrize(
    ("name", "accelerators", "volume", "memory"),
    [
        ("torchtune-qwen2.5-0.5b", 1, 10, 8),
        ("torchtune-llama3.1-8b", 2, 50, 56),
        ("torchtune-llama3.1-8b-dpo", 4, 50, 56),
        ("torchtune-llama2-7b-qat", 4, 50, 48),
        ("torchtune-qwen2.5-14b", 1, 80, 32),
        ("torchtune-llama3.3-70b", 4, 340, 144),
        # Its weights are stored in twice the bytes that they are trained in.
        ("torchtune-gemma2-27b", 2, 190, 56),
        ("torchtune-llama3.1-405b", 8, 1140, 776),
        # The teacher counts.
        ("torchtune-llama3.2-1b-kd", 1, 30, 24),
        # Kubeflow's runtime of the plain name asks for no memory.
        ("torchtune-llama3.2-1b-fast", 2, 20, 16),
    ],
)
def test_sizes(name: str, accelerators: int, volume: int, memory: int) -> None:
    assert (ALL[name].accelerators, ALL[name].volume, ALL[name].memory) == (accelerators, volume, memory)


def test_what_would_be_downloaded_twice_is_left_out() -> None:
    container = container_of(resolved(trainjob(runtime="torchtune-gemma-2b")), "model-initializer")

    assert env_of(container)["IGNORE_PATTERNS"] == "*.gguf"


def test_a_gated_teacher_takes_its_token_from_a_secret_that_need_not_be() -> None:
    body = runtime_body("torchtune-llama3.2-1b-kd")
    [container] = step(body, "teacher-initializer")["template"]["spec"]["template"]["spec"]["containers"]

    assert {
        "name": "ACCESS_TOKEN",
        "valueFrom": {"secretKeyRef": {"name": "hugging-face", "key": "ACCESS_TOKEN", "optional": True}},
    } in container["env"]


@pytest.mark.parametrize("name", sorted(file.stem for file in RUNTIMES.glob("t*.yaml")))
def test_trainers_restart_but_for_those_under_kubeflows_names(name: str) -> None:
    policy = failure_policy_of(parse_runtime(runtime_body(name)))

    if name in {*AS_KUBEFLOW, "torch-distributed"}:
        assert policy is None
        return
    assert policy is not None
    [rule] = policy.rules or ()
    assert (policy.max_restarts, rule.action) == (3, "RestartTrainJobAndIgnoreMaxRestarts")
    assert rule.on_pod_conditions == (PodConditionPattern(type="DisruptionTarget"),)
