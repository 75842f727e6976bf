"""One of two nodes is asked to end: both save at the same step, and fewer processes can go on from there."""

import json
import re
import signal
from contextlib import closing
from pathlib import Path

from tests.devcluster.port import Port
from tests.training.container import tiny_container

PAIR = ("full_finetune_distributed", "llama3_2/1B_full")
_STOPPED = r"The recipe full_finetune_distributed was stopped {}; it goes on from step (\d+) when it starts again\."


def test_both_stop_at_the_same_step_and_one_process_goes_on(tmp_path: Path) -> None:
    nodes = [tiny_container(tmp_path / name, TRAINJOB_STOP_SECONDS="300") for name in ("first", "second")]
    more = ("gradient_accumulation_steps=1", "epochs=1000")
    with closing(Port("localhost")) as port:
        started = []
        for rank, node in enumerate(nodes):
            where = ("--nnodes=2", f"--node_rank={rank}", f"--rdzv_endpoint=localhost:{port.number}")
            started.append(node.start(nodes[0].tiny(*PAIR, *more, torchrun=("--nproc_per_node=1", *where))))
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
        outcome = nodes[0].run(nodes[0].tiny(*PAIR, *more, f"epochs={epochs}", torchrun=alone))

    assert outcome.code == 0, "\n".join(outcome.lines)
    [line] = [line for line in outcome.lines if line.startswith("Going on from the checkpoint of step ")]
    assert line.startswith(f"Going on from the checkpoint of step {step}, with 1 processes after 2; ")
    assert not (nodes[0].output / "steps").exists()
