"""What is warned of, and trained all the same."""

from pathlib import Path

import pytest
from tests.factories.safetensors_file import write_head
from tests.factories.training import checkpointer, saving, training

from trainjob_torchtune.hardware.devices import Capability
from trainjob_torchtune.preflight.run.accelerators import advise_accelerators
from trainjob_torchtune.preflight.run.memory import advise_memory, read_limit
from trainjob_torchtune.preflight.run.precision import advise_precision
from trainjob_torchtune.run.topology import Topology
from trainjob_torchtune.run.training import Saving

GIB = 1 << 30
PAIR = Topology(nodes=1, processes_per_node=2, node_rank=0)
T4, H100, UNKNOWN = Capability(7, 5), Capability(9, 0), Capability(0, 0)


@pytest.mark.parametrize(
    ("device", "visible", "advice"),
    [
        ("cuda", 2, None),
        ("cpu", 8, None),
        ("cuda", None, None),
        (
            "cuda",
            8,
            (
                "The container sees 8 GPUs, but 2 process(es) train on this node: 6 GPU(s) are idle. "
                "Set trainer.numProcPerNode to 8, or request 2."
            ),
        ),
    ],
)
def test_idle_gpus(device: str, visible: int | None, advice: str | None) -> None:
    assert advise_accelerators(training(device=device), PAIR, visible) == advice


@pytest.mark.parametrize(
    ("device", "dtype", "gpus", "is_warned"),
    [
        pytest.param("cuda", "bf16", [H100, T4], True, id="an-old-one"),
        pytest.param("cuda", "bf16", [H100, UNKNOWN], False, id="new-ones"),
        pytest.param("cuda", "fp32", [T4], False, id="other-precision"),
        pytest.param("cpu", "bf16", [T4], False, id="cpu"),
    ],
)
def test_bf16_is_emulated(device: str, dtype: str, gpus: list[Capability], is_warned: bool) -> None:
    advice = advise_precision(training(device=device, dtype=dtype), gpus)

    assert advice == (
        "dtype=bf16, but 1 GPU(s) of this node have compute capability 7.5 and only emulate it, slowly; "
        "GPUs compute in it from 8.0 on. Set dtype=fp32."
        if is_warned
        else None
    )


@pytest.mark.parametrize(
    ("saved", "limit", "advice"),
    [
        pytest.param(saving(2), None, None, id="no-limit"),
        pytest.param(saving(2), 6 * GIB, None, id="enough"),
        pytest.param(saving(2, has_weights=False), GIB, None, id="adapters"),
        pytest.param(saving(2), 5 * GIB, ("the model (4.0 GiB)", "5.0 GiB", "6.0 GiB"), id="weights"),
        pytest.param(saving(1, has_adam=True), 6 * GIB, None, id="the-last-checkpoint-has-no-state"),
        pytest.param(
            saving(2, has_adam=True),
            6 * GIB,
            ("the model and the optimizer's state (12.0 GiB)", "6.0 GiB", "14.0 GiB"),
            id="state",
        ),
    ],
)
def test_memory_for_saving(tmp_path: Path, saved: Saving, limit: int | None, advice: tuple[str, ...] | None) -> None:
    write_head(tmp_path / "a.safetensors", w=(GIB,))
    run = training(checkpointers=(checkpointer(tmp_path, files=("a.safetensors",)),), saved=saved)

    assert advise_memory(run, PAIR, limit) == (
        f"Saving gathers {advice[0]} in this container's memory, whose limit is {advice[1]}: it is likely to be killed "
        f"when the first epoch ends. Set the memory limit of trainer.resourcesPerNode above {advice[2]}."
        if advice
        else None
    )
    assert advise_memory(run, Topology(nodes=2, processes_per_node=2, node_rank=1), limit) is None


@pytest.mark.parametrize(
    ("files", "limit"),
    [
        pytest.param({}, None, id="no-group"),
        pytest.param({"memory.max": "1073741824\n"}, GIB, id="version-2"),
        pytest.param({"memory.max": "max\n"}, None, id="version-2-without-a-limit"),
        pytest.param({"memory/memory.limit_in_bytes": "1073741824\n"}, GIB, id="version-1"),
        pytest.param({"memory/memory.limit_in_bytes": "9223372036854771712\n"}, None, id="version-1-without-a-limit"),
    ],
)
def test_the_limit_of_the_control_group(tmp_path: Path, files: dict[str, str], limit: int | None) -> None:
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)

    assert read_limit(tmp_path) == limit
