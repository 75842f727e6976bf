import os
from pathlib import Path

import pytest

from trainjob_contract.tune_run import TuneRun
from trainjob_torchtune.hardware import cpu

SHIM = {"TRAINJOB_CPU_SHIM": "/shim"}


@pytest.mark.parametrize(
    ("overrides", "adapted"),
    [((), ("device=cpu",)), (("device=cuda:1",), ("device=cuda:1",)), (("seed=1",), ("seed=1", "device=cpu"))],
)
def test_it_trains_on_the_cpu_unless_a_device_is_named(overrides: tuple[str, ...], adapted: tuple[str, ...]) -> None:
    assert cpu.adapt_run(TuneRun((), "r", "c", overrides)).overrides == adapted


@pytest.mark.parametrize(
    ("environment", "adapted"),
    [
        pytest.param({}, {"PYTHONPATH": "/shim"}, id="shim"),
        pytest.param({"PYTHONPATH": "/mine"}, {"PYTHONPATH": "/shim:/mine"}, id="shim-first"),
        pytest.param(
            {"PET_NPROC_PER_NODE": "auto", "TRAINJOB_ACCELERATORS_PER_NODE": "2"},
            {"PYTHONPATH": "/shim", "PET_NPROC_PER_NODE": "2", "TRAINJOB_ACCELERATORS_PER_NODE": "2"},
            id="auto",
        ),
        pytest.param(
            {"PET_NPROC_PER_NODE": "gpu"},
            {"PYTHONPATH": "/shim", "PET_NPROC_PER_NODE": "1"},
            id="gpu-but-none-asked-for",
        ),
        pytest.param(
            {"PET_NPROC_PER_NODE": "3", "TRAINJOB_ACCELERATORS_PER_NODE": "2"},
            {"PYTHONPATH": "/shim", "PET_NPROC_PER_NODE": "3", "TRAINJOB_ACCELERATORS_PER_NODE": "2"},
            id="a-number",
        ),
    ],
)
def test_environment(environment: dict[str, str], adapted: dict[str, str]) -> None:
    assert cpu.adapt_environment(SHIM | environment) == SHIM | adapted


@pytest.mark.parametrize(
    ("files", "share"),
    [
        pytest.param({"cpu.max": "150000 100000"}, 1.5, id="version-2"),
        pytest.param({"cpu.max": "max 100000"}, None, id="version-2-without-a-limit"),
        pytest.param({"cpu/cpu.cfs_quota_us": "50000", "cpu/cpu.cfs_period_us": "100000"}, 0.5, id="version-1"),
        pytest.param(
            {"cpu/cpu.cfs_quota_us": "-1", "cpu/cpu.cfs_period_us": "100000"}, None, id="version-1-without-a-limit"
        ),
        pytest.param({"cpu.max": "99999900000 100000"}, None, id="more-than-there-are"),
        pytest.param({}, None, id="no-cgroup"),
    ],
)
def test_cpus_of_the_container(tmp_path: Path, files: dict[str, str], share: float | None) -> None:
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(f"{text}\n")
    allowed = len(os.sched_getaffinity(0))

    assert cpu.available_cpus(tmp_path) == min(share or allowed, allowed)


def test_processes_share_the_cpus_and_get_a_thread_at_least(tmp_path: Path) -> None:
    (tmp_path / "cpu.max").write_text("100000 100000")

    assert cpu.threads(2, tmp_path) == {"OMP_NUM_THREADS": "1", "OMP_WAIT_POLICY": "PASSIVE"}
