"""What the demo shows on the terminal."""

import time
from collections.abc import Sequence

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from tests.demo.follow import Condition, Happening, LogLine, Loss, PodPhase

_STYLES = {"dataset-initializer": "cyan", "model-initializer": "magenta", "node": "green"}
_BAR_WIDTH = 40


class Screen:
    """A terminal, or a log if there is none, with the time since the start before each line."""

    def __init__(self) -> None:
        self._console = Console(highlight=False)
        self._began = time.monotonic()
        self._first_loss: float | None = None

    def title(self, text: str) -> None:
        """Begin a part of the show."""
        self._console.print()
        self._console.rule(f"[bold]{escape(text)}", align="left")

    def say(self, text: str) -> None:
        """Print a line with the time."""
        self._line(escape(text))

    def print(self, text: str = "") -> None:
        """Print a line as it is."""
        self._console.print(escape(text), soft_wrap=True)

    def show(self, happening: Happening) -> None:
        """Print what happened to the TrainJob."""
        match happening:
            case PodPhase(step=step, phase=phase, node=node):
                self._line(f"{_step(step)} [bold]{phase}[/]" + (f" on {node}" if phase == "Running" and node else ""))
            case LogLine(step=step, text=text):
                self._line(f"{_step(step)} [dim]{escape(text)}[/]")
            case Loss(step=step, value=value):
                self._first_loss = self._first_loss or value
                bar = "█" * max(1, round(_BAR_WIDTH * min(1.0, value / self._first_loss)))
                self._line(f"{_step('node')} step {step:>3}  loss {value:6.3f}  [yellow]{bar}[/]")
            case Condition(type=kind, status=status, reason=reason, message=message):
                colour = "green" if kind == "Complete" else "red"
                self._line(f"[bold {colour}]TrainJob {kind}={status}[/] ({reason}) {escape(message)}")

    def compare(self, questions: Sequence[str], before: Sequence[str], after: Sequence[str]) -> None:
        """Print answers side by side."""
        table = Table("question", "before", "after", show_lines=True)
        for row in zip(questions, before, after, strict=True):
            table.add_row(*(escape(cell) for cell in row))
        self._console.print(table)

    def _line(self, markup: str) -> None:
        self._console.print(f"[dim]{time.monotonic() - self._began:6.1f} s[/]  {markup}", soft_wrap=True)


def _step(name: str) -> str:
    return f"[{_STYLES.get(name, 'white')}]{name:<19}[/]"
