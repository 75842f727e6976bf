"""Which columns TorchTune's dataset builders read, and which of their arguments are their own."""

from collections.abc import Mapping
from typing import Any

from trainjob_torchtune.refusal import Refusal
from trainjob_torchtune.training import DatasetSource

_PACKAGE = "torchtune.datasets."

# Arguments that a builder keeps; all others go to datasets.load_dataset.
BUILDER_ARGUMENTS = frozenset(
    {
        "add_eos",
        "column",
        "column_map",
        "conversation_column",
        "conversation_style",
        "filter_fn",
        "new_system_prompt",
        "packed",
        "source",
        "split_across_pack",
        "train_on_input",
    }
)

# Columns by their role; `alpaca_dataset` does without its third one, `input`.
_MAPPED = {
    "instruct_dataset": ("input", "output"),
    "preference_dataset": ("chosen", "rejected"),
    "alpaca_dataset": ("instruction", "output"),
    "alpaca_cleaned_dataset": ("instruction", "output"),
}
# Builders that read one column, and the argument and default that name it.
_BY_COLUMN = {"text_completion_dataset": ("column", "text"), "chat_dataset": ("conversation_column", "")}
# The recipe stops if a column_map lacks one of these.
_WHOLE_MAPS = frozenset({"instruct_dataset", "preference_dataset"})


def is_known(dataset: DatasetSource) -> bool:
    """Say whether this builder is one whose columns are known here."""
    name = dataset.component.removeprefix(_PACKAGE)
    return dataset.component.startswith(_PACKAGE) and (name in _MAPPED or name in _BY_COLUMN)


def check_columns(dataset: DatasetSource, present: list[str]) -> Refusal | None:
    """Compare the columns that the builder reads with those that the rows have."""
    builder = dataset.component.removeprefix(_PACKAGE)
    needed = _column(dataset, builder) if builder in _BY_COLUMN else _mapped(builder, dataset.options)
    if isinstance(needed, Refusal):
        return needed
    missing = [column for column in needed.values() if column not in present]
    if not missing:
        return None
    roles = ", ".join(f"{role}: COLUMN" for role in needed)
    remedy = (
        f"column to train on with {dataset.key}.{next(iter(needed))}=COLUMN"
        if builder in _BY_COLUMN
        else f"columns to train on with {dataset.key}.column_map={{{roles}}}"
    )
    return Refusal(
        f"The data set has no column {' and no column '.join(missing)}, which {dataset.component} reads; it has "
        f"{', '.join(present)}: name the {remedy}."
    )


def _column(dataset: DatasetSource, builder: str) -> dict[str, str] | Refusal:
    """Return the one column, by the argument that names it."""
    argument, default = _BY_COLUMN[builder]
    column = dataset.options.get(argument) or default
    return {argument: str(column)} if column else Refusal(f"{dataset.key} needs the argument {argument} for {builder}.")


def _mapped(builder: str, options: Mapping[str, Any]) -> dict[str, str] | Refusal:
    """Return columns by role."""
    roles = _MAPPED[builder]
    column_map = options.get("column_map") or {}
    if not isinstance(column_map, Mapping):
        return Refusal(f"column_map is {column_map!r}; write it as {{{roles[0]}: COLUMN, {roles[1]}: COLUMN}}.")
    if column_map and builder in _WHOLE_MAPS and not set(roles) <= set(column_map):
        return Refusal(f"column_map names {', '.join(column_map)}; it has to name both {roles[0]} and {roles[1]}.")
    return {role: str(column_map.get(role, role)) for role in roles}
