"""On the file system of this machine: a model is claimed to be larger than that."""

import os
import re
from pathlib import Path

import pytest
from tests.factories.safetensors_file import write_head
from tests.factories.training import checkpointer, saving, training

from trainjob_torchtune.preflight.run.space import check_space
from trainjob_torchtune.run.topology import Topology
from trainjob_torchtune.run.training import Saving, Training
from trainjob_torchtune.violation import Violation

ONE = Topology(nodes=1, processes_per_node=1, node_rank=0)
AMOUNT = r"[\d.]+ \w?i?B|[\d.]+ bytes"


def run(folder: Path, share: float, saved: Saving) -> Training:
    """A run each of whose checkpoints takes that share of what is free."""
    system = os.statvfs(folder)
    free = system.f_bavail * system.f_frsize
    write_head(folder / "model" / "a.safetensors", w=(int(free * share / saved.bytes_each),))
    output = folder / "output"
    output.mkdir()
    one = checkpointer(folder / "model", files=("a.safetensors",), output=output)
    return training(output=output, checkpointers=(one,), saved=saved)


def test_a_checkpoint_that_fits(tmp_path: Path) -> None:
    assert check_space(run(tmp_path, 0.2, saving(3)), ONE) is None


@pytest.mark.parametrize(
    ("share", "saved", "remedy"),
    [
        pytest.param(0.4, saving(3), "epochs=2 or less", id="not-all"),
        pytest.param(1.5, saving(1), "free some of it", id="none"),
        pytest.param(0.3, saving(2, has_adam=True), "epochs=1 or less", id="with-the-optimizer"),
    ],
)
def test_checkpoints_that_do_not_fit(tmp_path: Path, share: float, saved: Saving, remedy: str) -> None:
    violation = check_space(run(tmp_path, share, saved), ONE)

    assert isinstance(violation, Violation)
    state = rf", and the optimizer's state ({AMOUNT})" if saved.has_adam else ""
    assert re.fullmatch(
        rf"The {saved.epochs} checkpoint\(s\) that this run writes take at least ({AMOUNT}) each{state}, together "
        rf"({AMOUNT}), but only ({AMOUNT}) are free on the volume of {tmp_path}/output: use a larger "
        rf"volume, or {remedy}\.",
        violation.message,
    )


def test_what_is_there_already_takes_nothing(tmp_path: Path) -> None:
    training = run(tmp_path, 0.4, saving(3))
    for name in ("epoch_0", "epoch_3", "epoch_of_mine"):  # two of them are not this run's
        (tmp_path / "output" / name).mkdir()

    assert check_space(training, ONE) is None


def test_only_the_first_node_writes(tmp_path: Path) -> None:
    assert check_space(run(tmp_path, 1.5, saving()), Topology(nodes=2, processes_per_node=1, node_rank=1)) is None


def test_adapters_alone_are_small(tmp_path: Path) -> None:
    assert check_space(run(tmp_path, 1.5, saving(has_weights=False)), ONE) is None
