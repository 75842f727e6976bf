"""A node that only lost another one stays for a while, so that the other's failure is seen first."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator

import pytest
from tests.devcluster import torch_environment
from tests.training.container import PACKAGE

pytestmark = pytest.mark.alone  # measures how long an end takes
SCRIPT = """
import signal, sys
from trainjob_torchtune import launcher
from trainjob_torchtune.process.failure import Failure
from trainjob_torchtune.run.topology import Topology

signal.signal(signal.SIGTERM, launcher._stop)
topology = Topology(nodes=int(sys.argv[1]), processes_per_node=1, node_rank=0)
sys.exit(launcher._report(Failure("Lost it.", (), 22), topology, {}))
"""


def start(nodes: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [torch_environment.ensure() / "bin" / "python", "-c", SCRIPT, str(nodes)],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(PACKAGE)},
        stdout=subprocess.PIPE,
        text=True,
    )


@pytest.fixture
def peer_lost() -> Iterator[subprocess.Popen[str]]:
    """One of two nodes, which has said what it lost."""
    process = start(2)
    assert process.stdout is not None
    assert process.stdout.readline() == "Lost it.\n"
    yield process
    process.kill()
    process.communicate()


def test_it_stays_until_it_is_told_to_end(peer_lost: subprocess.Popen[str]) -> None:
    with pytest.raises(subprocess.TimeoutExpired):
        peer_lost.wait(3)

    began = time.monotonic()
    peer_lost.send_signal(signal.SIGTERM)

    assert peer_lost.wait(60) == 143
    assert time.monotonic() - began < 10


def test_without_other_nodes_there_is_nobody_to_wait_for() -> None:
    began = time.monotonic()
    process = start(1)
    process.communicate()

    assert process.returncode == 22
    assert time.monotonic() - began < 15
