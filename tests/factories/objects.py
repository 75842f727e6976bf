"""A TrainJob and a runtime to change one thing of."""

from typing import Any

from tests.factories.rendering import RUNTIMES, read
from trainjob_operator.api.runtime import Runtime, parse_runtime
from trainjob_operator.api.trainjob import TrainJob, parse_trainjob
from trainjob_operator.api.workload import Container
from trainjob_operator.reconciler.resolve import resolve
from trainjob_operator.reconciler.resolved import Rejected, ResolvedJob, Step

Body = dict[str, Any]
LLAMA = "torchtune-llama3.2-1b"
SMOLLM = "torchtune-smollm2-135m"
SDK = ["tune", "run"]
ENDPOINT = "--rdzv_endpoint=j-node-0-0.j:29500"
LORA = "model.lora_attn_modules=[q_proj,v_proj,output_proj]"


def gpus(count: float) -> Body:
    return {"limits": {"nvidia.com/gpu": count}, "requests": {"nvidia.com/gpu": count}}


def runtime_body(name: str = LLAMA) -> Body:
    return read(RUNTIMES / f"{name}.yaml")


def runtime_with(*, name: str = LLAMA, node: Body | None = None, spec: Body | None = None, **jobset: object) -> Runtime:
    """Change fields of the node's container, of the spec, or of the JobSet's spec."""
    body = runtime_body(name)
    step(body, "node")["template"]["spec"]["template"]["spec"]["containers"][0] |= node or {}
    body["spec"] |= spec or {}
    body["spec"]["template"]["spec"] |= jobset
    return parse_runtime(body)


def step(runtime: Body, name: str) -> Body:
    [found] = [one for one in runtime["spec"]["template"]["spec"]["replicatedJobs"] if one["name"] == name]
    assert isinstance(found, dict)
    return found


def trainjob(name: str = "j", runtime: str = LLAMA, **spec: object) -> TrainJob:
    metadata = {"name": name, "namespace": "team-a", "uid": "u", "generation": 1, "resourceVersion": "1"}
    return parse_trainjob({"metadata": metadata, "spec": {"runtimeRef": {"name": runtime}, **spec}})


def resolved(job: TrainJob, runtime: Runtime | None = None) -> ResolvedJob:
    result = resolve(job, runtime or parse_runtime(runtime_body(job.spec.runtime_ref.name)))
    assert isinstance(result, ResolvedJob), result
    return result


def rejected(job: TrainJob, runtime: Runtime | None) -> Rejected:
    result = resolve(job, runtime)
    assert isinstance(result, Rejected), f"{job.metadata.name} was not rejected"
    return result


def step_of(result: ResolvedJob, name: str = "node") -> Step:
    return next(step for step in result.steps if step.name == name)


def container_of(result: ResolvedJob, name: str = "node") -> Container:
    return step_of(result, name).template.spec.template.spec.containers[0]


def env_of(container: Container) -> dict[str, str | None]:
    return {entry.name: entry.value for entry in container.env or ()}
