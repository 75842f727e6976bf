"""The CUDA devices that this container sees, asked of the driver itself: importing torch for it takes seconds."""

import ctypes


def count_cuda_devices() -> int:
    """Return the number of visible CUDA devices, as CUDA_VISIBLE_DEVICES leaves them; 0 without a driver."""
    try:
        driver = ctypes.CDLL("libcuda.so.1")
    except OSError:
        return 0
    count = ctypes.c_int(0)
    if driver.cuInit(0) != 0 or driver.cuDeviceGetCount(ctypes.byref(count)) != 0:
        return 0
    return count.value
