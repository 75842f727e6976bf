"""The files that a data set is to be read from: where they lie, and that they are there."""

from pathlib import Path

from trainjob_torchtune.data.formats import UNCOMPRESSED
from trainjob_torchtune.data.inventory import take_inventory
from trainjob_torchtune.data.links import find_linked
from trainjob_torchtune.preflight.data.compression import find_compression
from trainjob_torchtune.preflight.folder import describe
from trainjob_torchtune.preflight.nature import find_nature
from trainjob_torchtune.preflight.sight import is_file, is_folder
from trainjob_torchtune.run.training import DatasetSource
from trainjob_torchtune.violation import Violation

# Sources that are file formats, read from data_dir or data_files (datasets.packaged_modules).
_FORMATS = frozenset({"arrow", "csv", "json", "pandas", "parquet", "text", "xml"})
_PATTERN = "*?["


def is_local(dataset: DatasetSource) -> bool:
    """Say whether the rows lie on this machine; other sources are fetched by the recipe itself."""
    source = str(dataset.options.get("source"))
    if any("://" in name for name in _data_files(dataset)):
        return False
    return source in _FORMATS or is_folder(Path(source))


def check_files(dataset: DatasetSource) -> Violation | None:
    """Look for the folder and the files that the data set is to be read from, and at how those begin."""
    folder = dataset.options.get("data_dir")
    if folder and not is_folder(Path(str(folder))):
        return Violation(
            f"There is no data folder {folder} ({dataset.key}.data_dir); {describe(Path(str(folder)))}: "
            f"set {dataset.key}.data_dir to the folder that holds the files."
        )
    for path in list_files(dataset):
        if not is_file(path):
            return Violation(f"The data file {path} ({dataset.key}.data_files) is missing; {describe(path.parent)}.")
        nature = find_nature(path)
        # Text may be anything, an HTML page, too; and an empty file beside others does no harm.
        if (nature is not None and nature.is_pointer) or (
            nature is not None and nature.is_page and not _is_text(dataset)
        ):
            return Violation(f"The data file {path} is {nature.words}, and no data: {nature.remedy}.")
        if _is_binary(dataset) and (compression := find_compression(path)) is not None:
            return Violation(
                f"The data file {path} is compressed ({compression}), which {dataset.options['source']} cannot be read "
                "from: decompress it. Columns in a parquet file are compressed anyway."
            )
    return None


def list_files(dataset: DatasetSource) -> list[Path]:
    """Return the files that are named one by one, or lie in the folder; those of a pattern only `datasets` finds."""
    folder, source = dataset.options.get("data_dir"), str(dataset.options.get("source"))
    if folder and not _data_files(dataset):
        return [Path(folder, file.path) for file in take_inventory(Path(folder)) if file.reader == source]
    base = str(folder or (source if is_folder(Path(source)) else "."))
    return [find_linked(Path(base, name)) for name in _data_files(dataset) if not any(one in name for one in _PATTERN)]


def _is_binary(dataset: DatasetSource) -> bool:
    return dataset.options.get("source") in UNCOMPRESSED


def _is_text(dataset: DatasetSource) -> bool:
    return dataset.options.get("source") == "text"


def _data_files(dataset: DatasetSource) -> list[str]:
    """All names among data_files: a name, a list, or either by split."""
    value = dataset.options.get("data_files")
    groups = value.values() if isinstance(value, dict) else [value]
    return [str(name) for group in groups if group for name in (group if isinstance(group, list) else [group])]
