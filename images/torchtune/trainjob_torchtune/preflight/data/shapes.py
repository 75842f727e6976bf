"""Columns that are unmistakably those of a known kind of data set, and the overrides with which TorchTune reads it."""

from collections.abc import Mapping, Sequence
from typing import Any

Columns = Mapping[str, tuple[str, ...]]
"""Columns by name, with the styles that the conversations in them fit, of `openai` and `sharegpt`; mostly none."""

_PACKAGE = "torchtune.datasets."
# The keys of a turn, by what torchtune/datasets/_chat.py calls such conversations.
_STYLES = {"openai": frozenset({"role", "content"}), "sharegpt": frozenset({"from", "value"})}
# The first that fits counts. Columns, then the builder and its arguments.
_SHAPES: Sequence[tuple[tuple[str, ...], str, Mapping[str, str]]] = (
    (("chosen", "rejected"), "preference_dataset", {}),
    (("instruction", "input", "output"), "alpaca_dataset", {}),
    *(
        ((asked, answered), "instruct_dataset", {"column_map": f"{{input:{asked},output:{answered}}}"})
        for asked, answered in (
            *(("input", "output"), ("instruction", "output"), ("instruction", "response"), ("prompt", "completion")),
            *(("prompt", "response"), ("question", "answer"), ("query", "response"), ("problem", "solution")),
        )
    ),
    (("text",), "text_completion_dataset", {"column": "text"}),
)


def describe_columns(names: Sequence[str], row: Mapping[str, Any]) -> Columns:
    """Return the columns by name, with what they hold as far as the first row tells."""
    return {name: _styles_of(row.get(name)) for name in names}


def suggest(key: str, component: str, present: Columns) -> str | None:
    """Return the overrides that read a data set of these columns, or None if they might mean anything."""
    chats = (
        ((name,), "chat_dataset", {"conversation_column": name, "conversation_style": styles[0]})
        for name, styles in present.items()
        if styles and not {"chosen", "rejected"} <= set(present)
    )
    for columns, builder, arguments in (*chats, *_SHAPES):
        if set(columns) <= set(present):
            own = component == f"{_PACKAGE}{builder}"
            words = [] if own else [f"{key}={_PACKAGE}{builder}"]
            words += [f"{key}.{name}={value}" for name, value in arguments.items()]
            return " ".join(words) or None
    return None


def is_alpaca(present: Columns) -> bool:
    """Say whether `input` is the column that is empty in most rows, beside `instruction`."""
    return {"instruction", "input", "output"} <= set(present)


def _styles_of(value: object) -> tuple[str, ...]:
    """Return the styles of a list of turns; none for any other value."""
    turn = value[0] if isinstance(value, list) and value else None
    keys = set(turn) if isinstance(turn, Mapping) else set()
    return tuple(style for style, needed in _STYLES.items() if needed <= keys)
