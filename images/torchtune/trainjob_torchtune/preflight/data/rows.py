"""The data set has to be there, readable by `datasets`, and have the columns; its rows are counted.

Reading them is what the recipe does next; it finds the Arrow cache that was made here.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from trainjob_torchtune.preflight.data.columns import BUILDER_ARGUMENTS, advise_columns, check_columns, is_known
from trainjob_torchtune.preflight.data.shapes import describe_columns
from trainjob_torchtune.preflight.folder import describe
from trainjob_torchtune.preflight.sight import is_file, is_folder
from trainjob_torchtune.run.topology import Topology
from trainjob_torchtune.run.training import DatasetSource, Training
from trainjob_torchtune.violation import Violation

# Sources that are file formats, read from data_dir or data_files (datasets.packaged_modules).
_FORMATS = frozenset({"arrow", "csv", "json", "pandas", "parquet", "text", "xml"})

# How `datasets` says that files have no rows.
_NO_DATA = "corresponds to no data"


def is_local(dataset: DatasetSource) -> bool:
    """Say whether the rows lie on this machine; other sources are fetched by the recipe itself."""
    source = str(dataset.options.get("source"))
    if any("://" in name for name in _data_files(dataset)):
        return False
    return source in _FORMATS or is_folder(Path(source))


def check_files(dataset: DatasetSource) -> Violation | None:
    """Look for the folder and the files that the data set is to be read from, without opening them."""
    folder = dataset.options.get("data_dir")
    if folder and not is_folder(Path(str(folder))):
        return Violation(
            f"There is no data folder {folder} ({dataset.key}.data_dir); {describe(Path(str(folder)))}: "
            f"set {dataset.key}.data_dir to the folder that holds the files."
        )
    for name in _data_files(dataset):
        source = str(dataset.options.get("source"))
        path = Path(str(folder or (source if is_folder(Path(source)) else ".")), name)
        if not any(character in name for character in "*?[") and not is_file(path):
            return Violation(f"The data file {path} ({dataset.key}.data_files) is missing; {describe(path.parent)}.")
    return None


def count_rows(dataset: DatasetSource) -> int | Violation | None:
    """Load the rows as the recipe will and return their number; None if only the recipe can know it.

    That is so with builders whose columns are not known here, packed rows, streams, and rows that are fetched.
    """
    options = dict(dataset.options)
    if not is_known(dataset) or not is_local(dataset) or options.get("streaming"):
        return None
    loaded = _load(options)
    if isinstance(loaded, Violation):
        return loaded
    if len(loaded) == 0:
        return _empty(options)
    violation = check_columns(dataset, describe_columns(loaded.column_names, loaded[0]))
    if violation is not None:
        return violation
    return None if options.get("packed") else len(loaded)


def advise_rows(training: Training, topology: Topology) -> str | None:
    """Warn of columns that are left out, on the first node, which has read the rows."""
    for dataset in training.datasets if topology.node_rank == 0 else ():
        if is_known(dataset) and is_local(dataset) and not dataset.options.get("streaming"):
            loaded = _load(dict(dataset.options))
            advice = (
                None if isinstance(loaded, Violation) else advise_columns(dataset, dict.fromkeys(loaded.column_names))
            )
            if advice is not None:
                return advice
    return None


def _load(options: dict[str, Any]) -> Any:  # noqa: ANN401 - datasets ships no types here
    import datasets  # noqa: PLC0415 - a second of start-up that only the first node spends

    datasets.disable_progress_bars()
    arguments = {"split": "train"} | {name: value for name, value in options.items() if name not in BUILDER_ARGUMENTS}
    try:
        return datasets.load_dataset(str(options["source"]), **arguments)
    except Exception as error:  # noqa: BLE001 - whatever its readers raise, the data set cannot be read
        reason = " ".join(str(error.__cause__ or error).split())
        if _NO_DATA in reason:
            return _empty(options)
        return Violation(
            f"The data set in {_place(options)} cannot be read as {options['source']} "
            f"({type(error).__name__}: {reason})."
        )


def _empty(options: Mapping[str, Any]) -> Violation:
    return Violation(f"The data set in {_place(options)} has no rows: check what was downloaded, and dataset.split.")


def _place(options: Mapping[str, Any]) -> object:
    return options.get("data_files") or options.get("data_dir") or options["source"]


def _data_files(dataset: DatasetSource) -> list[str]:
    """All names among data_files: a name, a list, or either by split."""
    value = dataset.options.get("data_files")
    groups = value.values() if isinstance(value, dict) else [value]
    return [str(name) for group in groups if group for name in (group if isinstance(group, list) else [group])]
