import os
import time

from tests.bench import procfs


def test_cpu_and_memory_of_this_process() -> None:
    before = procfs.cpu_seconds(os.getpid())
    until = time.process_time() + 0.1
    while time.process_time() < until:
        pass
    assert 0.05 < procfs.cpu_seconds(os.getpid()) - before < 1.0
    memory = procfs.memory(os.getpid())
    assert 2**20 < memory.resident <= memory.peak


def test_machine_time_passes_on_all_cores() -> None:
    before = sum(procfs.machine_seconds())
    time.sleep(0.1)
    assert sum(procfs.machine_seconds()) > before
