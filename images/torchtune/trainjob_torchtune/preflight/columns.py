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
# The recipe stops if a column_map lacks one of these.
_WHOLE_MAPS = frozenset({"instruct_dataset", "preference_dataset"})


def is_known(dataset: DatasetSource) -> bool:
    """Say whether this builder is one whose columns are known here."""
    name = dataset.component.removeprefix(_PACKAGE)
    return dataset.component.startswith(_PACKAGE) and (
        name in _MAPPED or name in ("text_completion_dataset", "chat_dataset")
    )


def check_columns(dataset: DatasetSource, present: list[str]) -> Refusal | None:
    """Compare the columns that the builder reads with those that the rows have."""
    needed = _needed(dataset.component.removeprefix(_PACKAGE), dataset.options)
    if isinstance(needed, Refusal):
        return needed
    missing = [column for column in needed.values() if column not in present]
    if not missing:
        return None
    example = ", ".join(f"{role}: ..." for role in needed)
    return Refusal(
        f"The data set has no column {' and no column '.join(missing)}, which {dataset.component} reads; it has "
        f"{', '.join(present)}: name the columns to train on with {dataset.key}.column_map={{{example}}}."
        if dataset.component.removeprefix(_PACKAGE) in _MAPPED
        else f"The data set has no column {missing[0]}, which {dataset.component} reads; it has {', '.join(present)}."
    )


def _needed(builder: str, options: Mapping[str, Any]) -> dict[str, str] | Refusal:
    """Columns by role."""
    if builder == "text_completion_dataset":
        return {"column": str(options.get("column") or "text")}
    if builder == "chat_dataset":
        return {"conversation_column": str(options.get("conversation_column"))}
    roles = _MAPPED[builder]
    column_map = options.get("column_map") or {}
    if not isinstance(column_map, Mapping):
        return Refusal(f"column_map is {column_map!r}; write it as {{{roles[0]}: COLUMN, {roles[1]}: COLUMN}}.")
    if column_map and builder in _WHOLE_MAPS and not set(roles) <= set(column_map):
        return Refusal(f"column_map names {', '.join(column_map)}; it has to name both {roles[0]} and {roles[1]}.")
    return {role: str(column_map.get(role, role)) for role in roles}
