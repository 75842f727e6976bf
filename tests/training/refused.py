"""A run that is refused: exit code 20 within seconds, one sentence, nothing written, and the words that users find."""

import re
import time

from tests.training.container import Container
from tests.troubleshooting import read_rows

ROWS = read_rows("trainer")
FULL = ("full_finetune_single_device", "llama3_2/1B_full_single_device")
_SECONDS = 30


def assert_refused(container: Container, words: list[str], sentence: str, mistake: str = "") -> None:
    """Run the words; `mistake` is what the page for users calls it, if it does."""
    began = time.monotonic()
    outcome = container.run(words)

    assert time.monotonic() - began < _SECONDS
    assert outcome.code == 20, "\n".join(outcome.lines)
    assert outcome.lines[-1] == f"Not started: {outcome.termination}"
    assert re.fullmatch(sentence, outcome.termination), outcome.termination
    assert not list(container.output.glob("epoch_*"))
    if mistake in ROWS:
        assert ROWS[mistake].exit_code == outcome.code
        assert ROWS[mistake].pattern.match(outcome.termination), outcome.termination
