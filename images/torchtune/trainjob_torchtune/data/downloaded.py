"""A run whose data set is what was downloaded: what its command line says of it, unless that matches nothing.

Command and arguments reach the pod as one, so that a runtime's default cannot be told from a TrainJob's own words. What
can be told is that a word matches nothing at all: only then, and only the defaults of Kubeflow Trainer's runtimes
(`parquet`, in `data` of the folder that the initializer fills), or no word at all, give way to what lies there. In a
folder that is named, files that are no rows, but would be read as such, are left out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from trainjob_contract.tune_run import TuneRun
from trainjob_contract.workspace import DATASET, find_workspace
from trainjob_torchtune.data.choice import Choice, choose
from trainjob_torchtune.data.data_files import render_data_files
from trainjob_torchtune.data.formats import FORMATS, format_of, has_no_rows, reader_of
from trainjob_torchtune.data.inventory import DataFile, take_inventory
from trainjob_torchtune.violation import Violation

_BUILDERS = "torchtune.datasets."
_LOCATION = ("dataset.source", "dataset.data_dir", "dataset.data_files")
_SEPARATORS = ("dataset.sep", "dataset.delimiter")
_TABULATOR = '"\\t"'
_FORMATS = frozenset(FORMATS.values())
_DEFAULT_FORMAT = "parquet"
_DEFAULT_FOLDER = "data"
_NAMED = 4


@dataclass(frozen=True, slots=True)
class PreparedRun:
    """The run as it is to be, and one sentence about what was chosen and why."""

    run: TuneRun
    sentence: str


@dataclass(frozen=True, slots=True)
class _Search:
    """Where to look, for which formats, why, and for which names.

    Attributes:
        is_last: without a file found here the run cannot succeed.
        is_narrowing: what the command line names is there; only what is beside the rows is in the way.
    """

    folder: Path
    formats: frozenset[str]
    why: str
    pattern: str = "*"
    is_last: bool = False
    is_narrowing: bool = False


def use_download(
    run: TuneRun, dataset: object, downloads: Path, links: Path, *, is_shipped: bool
) -> PreparedRun | Violation | None:
    """Find the data set where the command line names none, or one of which nothing is there; None if all is said.

    Args:
        run: the command line.
        dataset: the configuration's value of that key, with the overrides in it.
        downloads: the folder that the initializer fills.
        links: where links to files may lie whose names no override can say.
        is_shipped: the configuration is TorchTune's, so that its own data set is nobody's wish.
    """
    if not isinstance(dataset, Mapping) or not str(dataset.get("_component_")).startswith(_BUILDERS):
        return None
    search = _find_search(run, dataset, downloads, is_shipped=is_shipped)
    if search is None:
        return None
    found = take_inventory(search.folder)
    files = tuple(file for file in found if fnmatchcase(str(file.path), search.pattern))
    readable = [file if file.format in search.formats else replace(file, format=None) for file in files]
    split = dataset.get("split")
    choice = choose(readable, search.folder, str(split) if split else None)
    if not isinstance(choice, Choice):
        return None if search.is_narrowing else choice or _tell_of_none(search, files)
    kept = tuple(word for word in run.overrides if word.removeprefix("~").partition("=")[0] not in _LOCATION)
    try:
        data_files = render_data_files(choice, found, search.folder, links)
    except OSError as error:
        return Violation(
            f"The paths of the data files in {search.folder} hold what no override can say (such as = or [), and links "
            f"to them cannot be made in {links} ({error}): rename the files, or mount a folder for temporary files."
        )
    said = [f"dataset.source={choice.source}", f"dataset.data_files={data_files}"]
    if choice.format == "tsv" and not any(run.overrides_key(key) for key in _SEPARATORS):
        said.append(f"{_SEPARATORS[0]}={_TABULATOR}")
    return PreparedRun(replace(run, overrides=(*kept, *said)), _tell(search, choice, files))


def find_downloads(environment: Mapping[str, str]) -> Path:
    """Return the folder that the dataset initializer fills."""
    return find_workspace(environment) / DATASET


def _find_search(run: TuneRun, dataset: Mapping[str, Any], downloads: Path, *, is_shipped: bool) -> _Search | None:
    source, folder, files = (dataset.get(key.partition(".")[2]) for key in _LOCATION)
    if not any(run.overrides_key(key) for key in _LOCATION):
        why = f"{dataset['_component_']} would fetch a data set of its own"
        return _Search(downloads, _FORMATS, why) if is_shipped else None
    readers = {reader_of(form) for form in _FORMATS}
    if source not in readers or files:
        return _search_by_names(str(source), files)
    is_default = source == _DEFAULT_FORMAT
    formats = _FORMATS if is_default else frozenset(form for form in _FORMATS if reader_of(form) == source)
    if folder is None:
        return _Search(downloads, formats, f"dataset.source={source} names no files")
    return _search_folder(str(source), Path(str(folder)), formats, downloads)


def _search_folder(source: str, folder: Path, formats: frozenset[str], downloads: Path) -> _Search | None:
    found = take_inventory(folder)
    why = f"dataset.source={source} dataset.data_dir={folder} matches no file"
    if any(file.reader == source for file in found):
        beside = _find_beside(found, source)
        why = f"{folder} holds {beside.path}, too, which is not {source}" if beside is not None else why
        return None if beside is None else _Search(folder, formats, why, is_narrowing=True)
    is_default = source == _DEFAULT_FORMAT
    if any(file.format for file in found) and is_default:
        return _Search(folder, formats, why)
    return _Search(downloads, formats, why, is_last=is_default) if folder == downloads / _DEFAULT_FOLDER else None


def _find_beside(files: Sequence[DataFile], source: str) -> DataFile | None:
    """Return a file that `datasets` would read as rows, and cannot: it reads all, or those of a split if there are."""
    has_splits = any(file.split for file in files)
    read = (file for file in files if file.reader != source and (file.split or not has_splits))
    return next((file for file in read if file.format is not None or has_no_rows(file.path.name)), None)


def _search_by_names(source: str, files: object) -> _Search | None:
    """Look at files that are named by a path or a pattern, and are of another format than the default one."""
    path = Path(str(files))
    if source != _DEFAULT_FORMAT or not isinstance(files, str) or format_of(path.name) in {None, source}:
        return None
    return _Search(path.parent, _FORMATS, f"{files} is not {source}", path.name)


def _tell(search: _Search, choice: Choice, files: Sequence[DataFile]) -> str:
    used, rest = _names(choice.used), _names([file for file in files if file.format and file not in choice.used])
    left = f", without {rest}" if rest else ""
    return f"Data: {search.why}; training on {used} in {search.folder} ({choice.source}){left}."


def _tell_of_none(search: _Search, files: Sequence[DataFile]) -> Violation | None:
    """Say which files there are, where that they are no data ends the run."""
    if not search.is_last or not files:
        return None
    return Violation(
        f"There are no rows to train on: {search.why}, and of what {search.folder} holds ({_names(files)}) no file is "
        f"data in a format known here. Those are {', '.join(sorted(FORMATS))}; all but .arrow and .parquet may be "
        "compressed (.gz, .bz2, .xz, .zst), or be in a .zip with nothing else in it. Convert or unpack the files, or "
        "name them with dataset.source and dataset.data_files."
    )


def _names(files: Sequence[DataFile]) -> str:
    more = f" and {len(files) - _NAMED} more" if len(files) > _NAMED else ""
    return ", ".join(str(file.path) for file in files[:_NAMED]) + more
