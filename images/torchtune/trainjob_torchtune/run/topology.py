"""How many processes train, and where this one's node stands among them, as torchrun will see it."""

import os
from collections.abc import Mapping
from dataclasses import dataclass

from trainjob_contract.tune_run import TuneRun


@dataclass(frozen=True, slots=True)
class Topology:
    """Nodes, processes on each, and the rank of this node."""

    nodes: int
    processes_per_node: int
    node_rank: int

    @property
    def world_size(self) -> int:
        """The number of training processes in all."""
        return self.nodes * self.processes_per_node


def read_topology(run: TuneRun, environment: Mapping[str, str], accelerators: int) -> Topology:
    """Return the topology that torchrun makes of its options and PET_* variables; options win.

    Without an option of torchrun on the command line, torchtune runs a single process whatever PET_* says. Of an
    elastic range `MIN:MAX` the larger number counts.
    """
    if not run.is_distributed:
        return Topology(nodes=1, processes_per_node=1, node_rank=0)

    def setting(name: str, default: str) -> str:
        return run.option(name) or environment.get(f"PET_{name.upper()}") or default

    return Topology(
        nodes=_number(setting("nnodes", "1").rpartition(":")[2]),
        processes_per_node=_processes(setting("nproc_per_node", "1"), accelerators),
        node_rank=_number(setting("node_rank", "0"), least=0),
    )


def _processes(value: str, accelerators: int) -> int:
    """`auto` is the number of accelerators, or of CPUs where there is none (torch/distributed/run.py)."""
    if value in ("auto", "gpu"):
        return accelerators or os.cpu_count() or 1
    if value == "cpu":
        return os.cpu_count() or 1
    return _number(value)


def _number(value: str, least: int = 1) -> int:
    """Read a number; what is none is torchrun's to refuse, in its own words."""
    return max(int(value), least) if value.isdecimal() else least
