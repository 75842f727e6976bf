import pytest

from trainjob_operator.reconciler.merge.resources import is_accelerator


@pytest.mark.parametrize(
    "resource",
    [
        *("nvidia.com/gpu", "amd.com/gpu", "nvidia.com/gpu.shared", "gpu.intel.com/i915", "nvidia.com/mig-1g.5gb"),
        *("nvidia.com/gpu-a100", "acme.io/GPU-slice", "volcano.sh/vgpu-number"),
        *("google.com/tpu", "huawei.com/Ascend910", "habana.ai/gaudi", "aws.amazon.com/neuroncore"),
    ],
)
def test_devices(resource: str) -> None:
    assert is_accelerator(resource)


@pytest.mark.parametrize(
    "resource",
    [
        *("cpu", "memory", "rdma/hca", "nvidia.com/gpumem", "nvidia.com/gpumem-percentage", "nvidia.com/gpucores"),
        *("vendor.io/gpu-memory", "volcano.sh/vgpu-memory", "gpu.intel.com/memory.max", "gpu.intel.com/millicores"),
    ],
)
def test_what_is_counted_of_a_device_is_none(resource: str) -> None:
    assert not is_accelerator(resource)
