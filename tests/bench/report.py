"""The figures on a terminal and in a file."""

import dataclasses
import json
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from tests.bench.figures import Section
from tests.bench.machine import Machine


def table(section: Section) -> Table:
    """Lay out one section."""
    shown = Table("", "operator", "floor", "ratio", title=escape(section.title), title_justify="left")
    for column in shown.columns[1:]:
        column.justify = "right"
    for figure in section.figures:
        shown.add_row(
            escape(f"{figure.name} ({figure.unit})" if figure.unit else figure.name),
            number(figure.operator),
            number(figure.floor),
            number(figure.ratio),
        )
    return shown


def number(value: float | None) -> str:
    """Write a figure with three digits that count."""
    if value is None:
        return ""
    if value == 0:
        return "0"
    size = abs(value)
    return f"{value:.0f}" if size >= 100 else f"{value:.1f}" if size >= 10 else f"{value:.2f}"


def show(console: Console, section: Section) -> None:
    """Print one section."""
    console.print()
    console.print(table(section))
    for note in section.notes:
        console.print(f"  [dim]{escape(note)}[/]", highlight=False)


def write(path: Path, machine: Machine, sections: Sequence[Section]) -> None:
    """Write everything as JSON."""
    document = {"machine": dataclasses.asdict(machine), "sections": [dataclasses.asdict(one) for one in sections]}
    path.write_text(json.dumps(document, indent=2) + "\n")
