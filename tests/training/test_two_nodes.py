"""Two nodes save together, stop together when one of them is asked to end, and fewer processes can go on from there."""

import json
import re
import signal
import subprocess
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from tests.devcluster.port import Port
from tests.training.container import Container, tiny_container

PAIR = ("full_finetune_distributed", "llama3_2/1B_full")
_STOPPED = r"The recipe full_finetune_distributed was stopped {}; it goes on from step (\d+) when it starts again\."


def start(
    nodes: Sequence[Container], outputs: Sequence[Container], port: int, *more: str
) -> list[subprocess.Popen[str]]:
    """Start a training of one process on each node, which writes to the output of another's."""
    started = []
    for rank, (node, output) in enumerate(zip(nodes, outputs, strict=True)):
        torchrun = ("--nproc_per_node=1", "--nnodes=2", f"--node_rank={rank}", f"--rdzv_endpoint=localhost:{port}")
        started.append(node.start(output.tiny(*PAIR, "gradient_accumulation_steps=1", *more, torchrun=torchrun)))
    return started


def test_both_stop_at_the_same_step_and_one_process_goes_on(tmp_path: Path) -> None:
    nodes = [tiny_container(tmp_path / name, TRAINJOB_STOP_SECONDS="300") for name in ("first", "second")]
    with closing(Port("localhost")) as port:
        started = start(nodes, [nodes[0]] * 2, port.number, "epochs=1000")
        assert started[0].stdout is not None
        assert any("|Loss: " in line for line in started[0].stdout)
        started[1].send_signal(signal.SIGTERM)
        outcomes = [node.finish(process) for node, process in zip(nodes, started, strict=True)]

    assert [outcome.code for outcome in outcomes] == [23, 143], "\n".join(
        line for one in outcomes for line in one.lines
    )
    told = [
        re.fullmatch(_STOPPED.format(why), outcome.termination)
        for why, outcome in zip(("because another node was asked to end", "by SIGTERM"), outcomes, strict=True)
    ]
    assert told[0] is not None, outcomes[0].termination
    assert told[1] is not None, outcomes[1].termination
    step = int(told[0][1])
    assert int(told[1][1]) == step
    [folder] = (nodes[0].output / "steps").iterdir()
    assert folder.name == f"step-{step:08}"

    epochs = json.loads((folder / "note.json").read_text())["epoch"] + 1
    with closing(Port("localhost")) as port:
        alone = ("--nproc_per_node=1", f"--rdzv_endpoint=localhost:{port.number}")
        outcome = nodes[0].run(
            nodes[0].tiny(*PAIR, "gradient_accumulation_steps=1", f"epochs={epochs}", torchrun=alone)
        )

    assert outcome.code == 0, "\n".join(outcome.lines)
    [line] = [line for line in outcome.lines if line.startswith("Going on from the checkpoint of step ")]
    assert line.startswith(f"Going on from the checkpoint of step {step}, with 1 processes after 2; ")
    assert not (nodes[0].output / "steps").exists()


def test_without_a_volume_that_they_share_they_train_and_are_not_saved(tmp_path: Path) -> None:
    nodes = [tiny_container(tmp_path / name, TRAINJOB_CHECKPOINT_STEPS="1") for name in ("first", "second")]
    with closing(Port("localhost")) as port:
        started = start(nodes, nodes, port.number, "max_steps_per_epoch=3")
        outcomes = [node.finish(process) for node, process in zip(nodes, started, strict=True)]

    assert [outcome.code for outcome in outcomes] == [0, 0], "\n".join(line for one in outcomes for line in one.lines)
    warnings = [line for outcome in outcomes for line in outcome.lines if line.startswith("Warning: Step")]
    assert warnings == [
        f"Warning: Step 1: no checkpoint, there is none yet: not all nodes share the volume of {nodes[0].output}."
    ]
