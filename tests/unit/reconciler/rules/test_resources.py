"""Resources that no pod can have are refused at once, and those that are merely unusual are not."""

import pytest
from tests.factories.objects import Body, container_of, gpus, rejected, resolved, runtime_with, trainjob
from tests.factories.requests import created

from trainjob_operator.api.runtime import Runtime

NODE = {"limits": {"nvidia.com/gpu": 2}, "requests": {"memory": "56Gi", "cpu": 4}}
WHERE = "spec.trainer.resourcesPerNode"


def runtime(resources: Body | None = None) -> Runtime:
    return runtime_with(node={"resources": NODE if resources is None else resources})


@pytest.mark.parametrize(
    ("resources", "message"),
    [
        ({"limits": {"nvidia.com/gpu": "1500m"}}, f"{WHERE}.limits[nvidia.com/gpu]: is 1500m: devices are not divided"),
        ({"requests": {"rdma/hca": 0.5}}, f"{WHERE}.requests[rdma/hca]: is 0.5: devices are not divided"),
        ({"limits": {"nvidia.com/gpu": -1}}, f"{WHERE}.limits[nvidia.com/gpu]: is -1: it cannot be negative"),
        ({"requests": {"memory": "-1Gi"}}, f"{WHERE}.requests[memory]: is -1Gi: it cannot be negative"),
        (
            {"limits": {"gpu": 1}},
            f"{WHERE}.limits[gpu]: is no resource that a container can have: write nvidia.com/gpu",
        ),
        ({"limits": {"GPUs": 1}}, "write nvidia.com/gpu"),
        ({"limits": {"nvidia.com/my gpu": 1}}, "is no resource that a container can have: write cpu, memory, or"),
        ({"limits": {"storage": "1Gi"}}, "is no resource that a container can have"),
        (
            {"limits": {"memory": "8Gi"}, "requests": {"memory": "16Gi"}},
            f"{WHERE}.requests[memory]: is 16Gi, above the limit of 8Gi: lower it, or raise limits[memory]",
        ),
        (
            {"limits": {"nvidia.com/gpu": 2}, "requests": {"nvidia.com/gpu": 1}},
            f"{WHERE}.requests[nvidia.com/gpu]: is 1, and the limit 2: of this resource they have to be equal",
        ),
    ],
)
def test_refused(resources: Body, message: str) -> None:
    job = trainjob(trainer={"resourcesPerNode": resources})

    refused = rejected(job, runtime()).message

    assert message in refused
    assert ";" not in refused
    assert message in created(runtime=runtime(), trainer={"resourcesPerNode": resources}).message


def test_a_request_above_the_limit_of_the_runtime() -> None:
    limited = runtime({"limits": {"nvidia.com/gpu": 2, "memory": "32Gi"}})

    message = rejected(trainjob(trainer={"resourcesPerNode": {"requests": {"memory": "64Gi"}}}), limited).message

    assert message == f"{WHERE}.requests[memory]: is 64Gi, above the limit of 32Gi: lower it, or raise limits[memory]"


def test_what_is_only_the_runtime_s_is_told_as_such() -> None:
    message = rejected(trainjob(trainer={}), runtime({"limits": {"gpu": 1}})).message

    assert message.startswith("spec.runtimeRef[gpu]: is no resource that a container can have")


@pytest.mark.parametrize(
    "resources",
    [
        pytest.param({"limits": {"cpu": "1500m", "memory": "64.5Gi"}}, id="fractions of what can be divided"),
        pytest.param({"limits": {"nvidia.com/gpu": "2000m"}}, id="whole, in thousandths"),
        pytest.param({"limits": {"nvidia.com/gpu": 2.0}, "requests": {"nvidia.com/gpu": "2"}}, id="equal in value"),
        pytest.param({"limits": {"nvidia.com/gpu": 0}}, id="none"),
        pytest.param(
            {"limits": {"hugepages-2Mi": "4Mi", "ephemeral-storage": "1Gi"}}, id="Kubernetes' other resources"
        ),
        pytest.param({"requests": {"vendor.example/vGPU_slice.1": 3}}, id="an unusual device"),
        pytest.param({"limits": {"cpu": 8}, "requests": {"cpu": "8000m"}}, id="as much as the limit"),
        pytest.param({"limits": {"memory": "128Gi"}}, id="more than the runtime requests"),
    ],
)
def test_unusual_and_well(resources: Body) -> None:
    assert resolved(trainjob(trainer={"resourcesPerNode": resources}), runtime()).name == "j"


@pytest.mark.parametrize(
    ("own", "requests"),
    [
        ({"limits": {"memory": "48Gi"}}, {"memory": "48Gi", "cpu": "4"}),
        ({"limits": {"memory": "64Gi"}}, {"memory": "56Gi", "cpu": "4"}),
        ({"limits": {"memory": "48Gi"}, "requests": {"memory": "40Gi"}}, {"memory": "40Gi", "cpu": "4"}),
        ({"limits": {"cpu": "500m"}}, {"memory": "56Gi", "cpu": "500m"}),
    ],
)
def test_a_limit_below_the_runtime_s_request_lowers_it(own: Body, requests: Body) -> None:
    container = container_of(resolved(trainjob(trainer={"resourcesPerNode": own}), runtime()))

    assert container.resources is not None
    assert container.resources.requests == requests


def test_runtimes_and_jobs_without_resources_are_left_alone() -> None:
    assert resolved(trainjob(trainer={"resourcesPerNode": gpus(1)}), runtime({})).name == "j"
    assert resolved(trainjob(trainer={}), runtime({})).name == "j"
