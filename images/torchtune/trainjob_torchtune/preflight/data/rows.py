"""The data set has to be readable by `datasets`, and have the columns; all its rows are looked at, and counted.

Reading them is what the recipe does next; it finds the Arrow cache that was made here.
"""

from dataclasses import dataclass
from typing import Any

from trainjob_torchtune.preflight.data.columns import (
    BUILDER_ARGUMENTS,
    advise_columns,
    check_columns,
    find_reading,
    is_known,
)
from trainjob_torchtune.preflight.data.contents import Note, check_contents
from trainjob_torchtune.preflight.data.files import is_local, list_files
from trainjob_torchtune.preflight.data.shapes import describe_columns
from trainjob_torchtune.preflight.data.unreadable import check_encoding, check_ends, explain_unreadable
from trainjob_torchtune.preflight.data.wrapped import check_wrapping
from trainjob_torchtune.run.training import DatasetSource
from trainjob_torchtune.violation import Violation

# How `datasets` says that files have no rows.
_NO_DATA = "corresponds to no data"
_NAMED = 4


@dataclass(frozen=True, slots=True)
class Rows:
    """What was seen: how many rows are trained on, None if they are packed, and what is to be warned of."""

    number: int | None
    advice: tuple[str, ...]


def look_at_rows(dataset: DatasetSource, max_seq_len: int | None, note: Note) -> Rows | Violation | None:
    """Load the rows as the recipe will, and look at each of them; None if only the recipe can know them.

    That is so with builders whose columns are not known here, streams, and rows that are fetched.
    """
    options = dict(dataset.options)
    if not is_known(dataset) or not is_local(dataset) or options.get("streaming"):
        return None
    loaded = _load(dataset)
    if isinstance(loaded, Violation):
        return loaded
    if len(loaded) == 0:
        return _empty(dataset)
    return _look(dataset, loaded, max_seq_len, note)


def _look(
    dataset: DatasetSource,
    loaded: Any,  # noqa: ANN401
    max_seq_len: int | None,
    note: Note,
) -> Rows | Violation:
    columns = describe_columns(loaded.column_names, loaded[0])
    reading = find_reading(dataset, columns)
    violation = (
        check_ends(list_files(dataset))
        or check_encoding(dataset.options, dataset.key, list_files(dataset))
        or check_wrapping(dataset, loaded, reading)
        or check_columns(dataset, columns)
    )
    if violation is not None:
        return violation
    contents = check_contents(dataset, loaded, reading, max_seq_len, note)
    if isinstance(contents, Violation):
        return contents
    advice = advise_columns(dataset, columns)
    number = None if dataset.options.get("packed") else len(loaded)
    return Rows(number, (*((advice,) if advice else ()), *contents))


def _load(dataset: DatasetSource) -> Any:  # noqa: ANN401 - datasets ships no types here
    import datasets  # noqa: PLC0415 - a second of start-up that only the first node spends
    import pyarrow as pa  # noqa: PLC0415

    datasets.disable_progress_bars()
    options = dict(dataset.options)
    arguments = {"split": "train"} | {name: value for name, value in options.items() if name not in BUILDER_ARGUMENTS}
    try:
        loaded = datasets.load_dataset(str(options["source"]), **arguments)
    except Exception as error:  # noqa: BLE001 - whatever its readers raise, the data set cannot be read
        reason = " ".join(str(error.__cause__ or error).split())
        explained = explain_unreadable(options, dataset.key, list_files(dataset))
        if explained is not None:
            return explained
        if _NO_DATA in reason:
            return _empty(dataset)
        return Violation(
            f"The data set in {_place(dataset)} cannot be read as {options['source']} "
            f"({type(error).__name__}: {reason})."
        )
    # What reading needed is of no use any more.
    pa.default_memory_pool().release_unused()
    return loaded


def _empty(dataset: DatasetSource) -> Violation:
    return Violation(f"The data set in {_place(dataset)} has no rows: check what was downloaded, and dataset.split.")


def _place(dataset: DatasetSource) -> str:
    options = dataset.options
    files = [str(path) for path in list_files(dataset)] if options.get("data_files") else []
    more = f" and {len(files) - _NAMED} more" if len(files) > _NAMED else ""
    return ", ".join(files[:_NAMED]) + more or str(
        options.get("data_files") or options.get("data_dir") or options["source"]
    )
