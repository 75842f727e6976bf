"""The CUDA devices that this container sees, asked of the driver itself: importing torch for it takes seconds."""

import ctypes
import importlib.util
import re
from pathlib import Path
from typing import NamedTuple

# What torch/version.py says where it was built for AMD's GPUs, which torch calls cuda, too.
_ROCM = re.compile(r"^hip\b[^=]*=\s*['\"]", re.MULTILINE)
# CUdevice_attribute of cuda.h
_MAJOR = 75
_MINOR = 76


class Capability(NamedTuple):
    """A GPU's compute capability; 0.0 if the driver does not tell."""

    major: int
    minor: int


def list_cuda_devices() -> tuple[Capability, ...] | None:
    """Return the visible CUDA devices, as CUDA_VISIBLE_DEVICES leaves them; none without a driver.

    None if that cannot be known: the devices of a torch for AMD's GPUs have another driver.
    """
    try:
        driver = ctypes.CDLL("libcuda.so.1")
    except OSError:
        package = importlib.util.find_spec("torch")
        return None if package is not None and package.origin is not None and is_rocm(Path(package.origin)) else ()
    count = ctypes.c_int(0)
    if driver.cuInit(0) != 0 or driver.cuDeviceGetCount(ctypes.byref(count)) != 0:
        return ()
    return tuple(
        Capability(_attribute(driver, number, _MAJOR), _attribute(driver, number, _MINOR))
        for number in range(count.value)
    )


def is_rocm(torch: Path) -> bool:
    """Say whether a torch, by the path of its __init__.py, was built for AMD's GPUs."""
    try:
        return _ROCM.search((torch.parent / "version.py").read_text(encoding="utf-8")) is not None
    except OSError:
        return False


def _attribute(driver: ctypes.CDLL, number: int, attribute: int) -> int:
    device, value = ctypes.c_int(0), ctypes.c_int(0)
    if driver.cuDeviceGet(ctypes.byref(device), number) != 0:
        return 0
    return value.value if driver.cuDeviceGetAttribute(ctypes.byref(value), attribute, device) == 0 else 0
