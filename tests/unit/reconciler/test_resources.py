import pytest

from trainjob_operator.reconciler.resources import is_accelerator


@pytest.mark.parametrize(
    "resource",
    [
        *("nvidia.com/gpu", "amd.com/gpu", "nvidia.com/gpu.shared", "gpu.intel.com/i915", "nvidia.com/mig-1g.5gb"),
        *("google.com/tpu", "huawei.com/Ascend910", "habana.ai/gaudi", "aws.amazon.com/neuroncore"),
    ],
)
def test_devices(resource: str) -> None:
    assert is_accelerator(resource)


@pytest.mark.parametrize(
    "resource", ["cpu", "memory", "nvidia.com/gpumem", "nvidia.com/gpucores", "rdma/hca", "vendor.io/gpu-memory"]
)
def test_what_is_counted_of_a_device_is_none(resource: str) -> None:
    assert not is_accelerator(resource)
