"""Nodes whose first one is not there: the launcher waits for its name before it starts torchrun."""

import signal
from pathlib import Path

import pytest
from tests.training.container import Container

pytestmark = pytest.mark.alone  # measures how long an end takes
NOWHERE = "tiny-node-0-0.tiny.invalid"
WORDS = ["run", f"--rdzv_endpoint={NOWHERE}:29500", "mine", "--config", "none"]


@pytest.fixture
def container(tmp_path: Path) -> Container:
    """A container with a recipe of the user's own, which needs neither model nor data."""
    (tmp_path / "mine.py").write_text("print('Trained.')\n")
    return Container(tmp_path, tmp_path, tmp_path, {"TRAINJOB_RENDEZVOUS_TIMEOUT": "3"})


def test_sigterm_ends_the_wait_at_once(container: Container) -> None:
    process = container.start(WORDS)
    assert process.stdout is not None
    assert process.stdout.readline().startswith(f"Waiting for the first node: its name {NOWHERE} is not in DNS yet (")

    process.send_signal(signal.SIGTERM)

    assert container.finish(process).code == 143, "it went on waiting"


def test_a_first_node_that_never_comes_has_an_exit_code_of_its_own(container: Container) -> None:
    outcome = container.run(WORDS)

    assert outcome.code == 21
    assert outcome.termination.startswith(f"The first node's name {NOWHERE} was not found in DNS within 3 s (")
    assert outcome.lines[-1] == f"Not started: {outcome.termination}"
