"""Columns that are unmistakably those of a known kind of data set, and the overrides with which TorchTune reads it."""

from collections.abc import Mapping, Sequence

_PACKAGE = "torchtune.datasets."
# The first that fits counts. Columns, then the builder and its arguments.
_SHAPES: Sequence[tuple[tuple[str, ...], str, Mapping[str, str]]] = (
    (("chosen", "rejected"), "preference_dataset", {}),
    (("messages",), "chat_dataset", {"conversation_column": "messages", "conversation_style": "openai"}),
    (("conversations",), "chat_dataset", {"conversation_column": "conversations", "conversation_style": "sharegpt"}),
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


def suggest(key: str, component: str, present: Sequence[str]) -> str | None:
    """Return the overrides that read a data set of these columns, or None if they might mean anything."""
    for columns, builder, arguments in _SHAPES:
        if set(columns) <= set(present):
            own = component == f"{_PACKAGE}{builder}"
            words = [] if own else [f"{key}={_PACKAGE}{builder}"]
            words += [f"{key}.{name}={value}" for name, value in arguments.items()]
            return " ".join(words) or None
    return None


def is_alpaca(present: Sequence[str]) -> bool:
    """Say whether `input` is the column that is empty in most rows, beside `instruction`."""
    return {"instruction", "input", "output"} <= set(present)
