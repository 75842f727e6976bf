"""Which columns TorchTune's dataset builders read, and which of their arguments are their own."""

from collections.abc import Mapping
from typing import Any

from trainjob_torchtune.preflight.data.shapes import Columns, is_alpaca, suggest
from trainjob_torchtune.run.training import DatasetSource
from trainjob_torchtune.violation import Violation

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
# What separates cells, and how an override says it.
_SEPARATORS = {"\t": '"\\t"', ";": '";"', "|": '"|"'}
# torchtune/datasets/_chat.py
_STYLES = ("openai", "sharegpt")
# The recipe stops if a column_map lacks one of these.
_WHOLE_MAPS = frozenset({"instruct_dataset", "preference_dataset"})


def is_known(dataset: DatasetSource) -> bool:
    """Say whether this builder is one whose columns are known here."""
    name = dataset.component.removeprefix(_PACKAGE)
    return dataset.component.startswith(_PACKAGE) and (name in _MAPPED or name in _BY_COLUMN)


def check_columns(dataset: DatasetSource, present: Columns) -> Violation | None:
    """Compare the columns that the builder reads with those that the rows have."""
    builder = dataset.component.removeprefix(_PACKAGE)
    needed = _column(dataset, builder, present) if builder in _BY_COLUMN else _mapped(builder, dataset.options)
    if isinstance(needed, Violation):
        return needed
    missing = [column for column in needed.values() if column not in present]
    if not missing:
        return None
    return Violation(
        f"The data set has no column {' and no column '.join(missing)}, which {dataset.component} reads; it has "
        f"{', '.join(present)}: {_remedy(dataset, builder, needed, present)}."
    )


def find_reading(dataset: DatasetSource, present: Columns) -> Mapping[str, str]:
    """Return the columns that the builder reads by their role; none if its arguments do not say it."""
    builder = dataset.component.removeprefix(_PACKAGE)
    found = _column(dataset, builder, present) if builder in _BY_COLUMN else _mapped(builder, dataset.options)
    return {} if isinstance(found, Violation) else found


def advise_columns(dataset: DatasetSource, present: Columns) -> str | None:
    """Warn of Alpaca's rows where their instruction is left out; Kubeflow Trainer's runtimes train so, too."""
    is_plain = dataset.component == f"{_PACKAGE}instruct_dataset" and not dataset.options.get("column_map")
    if not is_plain or not is_alpaca(present):
        return None
    return (
        f"The data set has the columns of Alpaca, {', '.join(present)}, but {dataset.component} reads input and output "
        f"alone, and input is empty in most rows. Give {suggest(dataset.key, dataset.component, present)} to train on "
        "the instruction, too."
    )


def _remedy(dataset: DatasetSource, builder: str, needed: Mapping[str, str], present: Columns) -> str:
    separator = _find_separator(dataset, needed, present)
    if separator is not None:
        return f"its cells are separated by something else than commas: give {dataset.key}.sep={separator}"
    overrides = suggest(dataset.key, dataset.component, present)
    if overrides is not None:
        return f"to train on these, give {overrides}"
    if builder in _BY_COLUMN:
        return f"name the column to train on with {dataset.key}.{next(iter(needed))}=COLUMN"
    roles = ", ".join(f"{role}: COLUMN" for role in needed)
    return f"name the columns to train on with {dataset.key}.column_map={{{roles}}}"


def _find_separator(dataset: DatasetSource, needed: Mapping[str, str], present: Columns) -> str | None:
    """Return what separates the columns that are read, where all were read as one."""
    if dataset.options.get("source") != "csv" or len(present) != 1:
        return None
    (column,) = present
    return next((said for sep, said in _SEPARATORS.items() if set(needed.values()) <= set(column.split(sep))), None)


def _column(dataset: DatasetSource, builder: str, present: Columns) -> dict[str, str] | Violation:
    """Return the one column, by the argument that names it."""
    argument, default = _BY_COLUMN[builder]
    column = dataset.options.get(argument) or default
    if not column:
        overrides = suggest(dataset.key, dataset.component, present)
        hint = f"; it has {', '.join(present)}: " + (f"give {overrides}" if overrides else "name one of these")
        return Violation(f"{dataset.key} needs the argument {argument} for {builder}, the name of a column{hint}.")
    style = dataset.options.get("conversation_style")
    if builder == "chat_dataset" and style not in _STYLES:
        return Violation(
            f"{dataset.key}.conversation_style is {style}; chat_dataset knows {' and '.join(_STYLES)}: set it to "
            "openai for turns of role and content, to sharegpt for turns of from and value."
        )
    held = present.get(str(column))
    if builder == "chat_dataset" and held and style not in held:
        return Violation(
            f"{dataset.key}.conversation_style is {style}, but the turns in the column {column} are those of "
            f"{held[0]}: give {dataset.key}.conversation_style={held[0]}."
        )
    return {argument: str(column)}


def _mapped(builder: str, options: Mapping[str, Any]) -> dict[str, str] | Violation:
    """Return columns by role."""
    roles = _MAPPED[builder]
    column_map = options.get("column_map") or {}
    if not isinstance(column_map, Mapping):
        return Violation(f"column_map is {column_map!r}; write it as {{{roles[0]}: COLUMN, {roles[1]}: COLUMN}}.")
    if column_map and builder in _WHOLE_MAPS and not set(roles) <= set(column_map):
        return Violation(f"column_map names {', '.join(column_map)}; it has to name both {roles[0]} and {roles[1]}.")
    return {role: str(column_map.get(role, role)) for role in roles}
