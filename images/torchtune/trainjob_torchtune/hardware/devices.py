"""The CUDA devices that this container sees, asked of the driver itself: importing torch for it takes seconds."""

import ctypes
from typing import NamedTuple

# CUdevice_attribute of cuda.h
_MAJOR = 75
_MINOR = 76


class Capability(NamedTuple):
    """A GPU's compute capability; 0.0 if the driver does not tell."""

    major: int
    minor: int


def list_cuda_devices() -> tuple[Capability, ...]:
    """Return the visible CUDA devices, as CUDA_VISIBLE_DEVICES leaves them; none without a driver."""
    try:
        driver = ctypes.CDLL("libcuda.so.1")
    except OSError:
        return ()
    count = ctypes.c_int(0)
    if driver.cuInit(0) != 0 or driver.cuDeviceGetCount(ctypes.byref(count)) != 0:
        return ()
    return tuple(
        Capability(_attribute(driver, number, _MAJOR), _attribute(driver, number, _MINOR))
        for number in range(count.value)
    )


def _attribute(driver: ctypes.CDLL, number: int, attribute: int) -> int:
    device, value = ctypes.c_int(0), ctypes.c_int(0)
    if driver.cuDeviceGet(ctypes.byref(device), number) != 0:
        return 0
    return value.value if driver.cuDeviceGetAttribute(ctypes.byref(value), attribute, device) == 0 else 0
