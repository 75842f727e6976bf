import os

import pytest

from trainjob_contract.tune_run import TuneRun
from trainjob_torchtune.run.topology import Topology, read_topology


@pytest.mark.parametrize(
    ("torchrun", "environment", "topology"),
    [
        pytest.param("", {"PET_NPROC_PER_NODE": "4", "PET_NNODES": "2"}, (1, 1, 0), id="not-distributed"),
        pytest.param("--standalone", {}, (1, 1, 0), id="defaults"),
        pytest.param(
            "--rdzv_endpoint=a:1",
            {"PET_NNODES": "2", "PET_NPROC_PER_NODE": "4", "PET_NODE_RANK": "1"},
            (2, 4, 1),
            id="environment",
        ),
        pytest.param(
            "--nnodes=3 --nproc-per-node 2", {"PET_NNODES": "2", "PET_NPROC_PER_NODE": "4"}, (3, 2, 0), id="options"
        ),
        pytest.param("--nnodes=1:4", {}, (4, 1, 0), id="elastic"),
        pytest.param("--nproc_per_node=auto", {}, (1, 8, 0), id="auto"),
        pytest.param("--nproc_per_node=gpu", {}, (1, 8, 0), id="gpu"),
        pytest.param("--nproc_per_node=cpu", {}, (1, os.cpu_count(), 0), id="cpu"),
        pytest.param("--nproc_per_node=many", {}, (1, 1, 0), id="torchrun-refuses-it"),
    ],
)
def test_topology_is_torchruns(torchrun: str, environment: dict[str, str], topology: tuple[int, int, int]) -> None:
    run = TuneRun(tuple(torchrun.split()), "lora", "c", ())

    assert read_topology(run, environment, accelerators=8) == Topology(*topology)


def test_auto_counts_cpus_where_there_is_no_accelerator() -> None:
    run = TuneRun(("--nproc_per_node=auto",), "lora", "c", ())

    assert read_topology(run, {}, accelerators=0).world_size == os.cpu_count()
