"""All rows hold what TorchTune's builders can train on: text where text is read, conversations by its own rules.

Rows are looked at in batches of Arrow's, of the columns that are read alone: a million take seconds and little memory.
"""

from collections.abc import Callable, Mapping
from typing import Any

from trainjob_torchtune.preflight.data.excerpt import show
from trainjob_torchtune.preflight.data.pages import drop_pages
from trainjob_torchtune.preflight.data.texts import Texts
from trainjob_torchtune.preflight.data.turns import Turns
from trainjob_torchtune.run.training import DatasetSource
from trainjob_torchtune.violation import Violation

Note = Callable[[int, int], None]
"""Takes how many rows have been looked at, and of how many."""

_PACKAGE = "torchtune.datasets."
_BATCH = 10_000
# Pages that are dropped with each batch are mapped again for the next one; with each tenth it costs nothing.
_BATCHES_KEPT = 10
# About 50,000 tokens: with the activations of so many, few models fit on any GPU.
_LONG = 200_000
# What a row needs to be text: Alpaca's instruction is put into a text, whatever it is.
_TEXTS = {
    "instruct_dataset": ("input", "output"),
    "alpaca_dataset": ("output",),
    "alpaca_cleaned_dataset": ("output",),
    "text_completion_dataset": ("column",),
}
# Masked unless train_on_input, so that what there is to learn comes after it.
_PROMPT = ("instruct_dataset", "input")
_TURNS = {"chat_dataset": ("conversation_column",), "preference_dataset": ("chosen", "rejected")}


def check_contents(
    dataset: DatasetSource,
    loaded: Any,  # noqa: ANN401 - datasets ships no types here
    reading: Mapping[str, str],
    max_seq_len: int | None,
    note: Note,
) -> tuple[str, ...] | Violation:
    """Look at all rows, and return what is to be warned of; a filter of the user's own may leave out any of them."""
    builder = dataset.component.removeprefix(_PACKAGE)
    if dataset.options.get("filter_fn") or builder not in _TEXTS | _TURNS:
        return ()
    learns_input = bool(dataset.options.get("train_on_input"))
    limit = None if learns_input else max_seq_len
    readers: list[Texts | Turns] = [
        *(
            Texts(loaded, reading[role], limit=limit if (builder, role) == _PROMPT else None, is_csv=_is_csv(dataset))
            for role in _TEXTS.get(builder, ())
        ),
        *(
            Turns(
                loaded,
                reading[role],
                style=str(dataset.options.get("conversation_style") or "openai"),
                is_validated=builder == "chat_dataset",
                has_system=dataset.options.get("new_system_prompt") is not None,
                learns_input=learns_input,
                limit=limit,
            )
            for role in _TURNS.get(builder, ())
        ),
    ]
    roles = (*_TEXTS.get(builder, ()), *_TURNS.get(builder, ()))
    arrow = loaded.select_columns(list(dict.fromkeys(reading[role] for role in roles))).with_format("arrow")
    mapped = [str(file["filename"]) for file in loaded.cache_files]
    for number, start in enumerate(range(0, len(loaded), _BATCH)):
        batch = arrow[start : start + _BATCH]
        for reader in readers:
            reader.look(batch, start)
        note(start + len(batch), len(loaded))
        del batch
        if number % _BATCHES_KEPT == 0:
            drop_pages(mapped)
    faults = [reader.fault for reader in readers if reader.fault is not None]
    if faults:
        first = min(faults, key=lambda fault: fault.row)
        more = sum(reader.number for reader in readers)
        also = f" ({more} such values in {len(loaded)} rows)" if more > 1 else ""
        return Violation(
            f"Row {first.row + 1} of the data set cannot be trained on: {first.words}{also}. The row: "
            f"{show(loaded[first.row])}. {first.remedy}"
        )
    return _judge(dataset, readers, len(loaded), max_seq_len)


def _judge(
    dataset: DatasetSource, readers: list[Texts | Turns], rows: int, max_seq_len: int | None
) -> tuple[str, ...] | Violation:
    advice = []
    reasons = {
        f"their prompts alone have as many words as tokenizer.max_seq_len={max_seq_len} leaves room for tokens, and "
        "what comes after is cut off: raise it, or shorten the prompts": max(reader.cut for reader in readers),
        "no turn of theirs is the assistant's: name the roles as TorchTune does, or give "
        f"{dataset.key}.train_on_input=True": max(reader.idle for reader in readers),
    }
    for reason, idle in reasons.items():
        if idle == rows:
            return Violation(f"There is nothing to learn in any of the {rows} rows: {reason}.")
        if idle:
            advice.append(f"There is nothing to learn in {idle} of the {rows} rows: {reason}.")
    length, row = max((reader.longest, reader.longest_row) for reader in readers)
    if max_seq_len is None and length > _LONG:
        advice.append(
            f"Row {row + 1} of the data set has {length:,} characters, and tokenizer.max_seq_len is not set: such a "
            "row is likely to need more memory than a GPU has. Set tokenizer.max_seq_len to cut rows off, such as "
            "tokenizer.max_seq_len=8192."
        )
    return tuple(advice)


def _is_csv(dataset: DatasetSource) -> bool:
    return dataset.options.get("source") == "csv"
