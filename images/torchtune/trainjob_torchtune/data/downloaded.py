"""A run whose data set is what was downloaded: what its command line says of it, unless that matches nothing.

Command and arguments reach the pod as one, so that a runtime's default cannot be told from a TrainJob's own words. What
can be told is that a word matches nothing at all: only then, and only the defaults of Kubeflow Trainer's runtimes
(`parquet`, in `data` of the folder that the initializer fills), or no word at all, give way to what lies there.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from trainjob_contract.tune_run import TuneRun
from trainjob_contract.workspace import DATASET, find_workspace
from trainjob_torchtune.data.choice import Choice, choose
from trainjob_torchtune.data.inventory import FORMATS, DataFile, format_of, take_inventory
from trainjob_torchtune.violation import Violation

_BUILDERS = "torchtune.datasets."
_LOCATION = ("dataset.source", "dataset.data_dir", "dataset.data_files")
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
    """Where to look, for which formats, why, and for which names."""

    folder: Path
    formats: frozenset[str]
    why: str
    pattern: str = "*"


def use_download(run: TuneRun, dataset: object, downloads: Path, *, is_shipped: bool) -> PreparedRun | Violation | None:
    """Find the data set where the command line names none, or one of which nothing is there; None if all is said.

    Args:
        run: the command line.
        dataset: the configuration's value of that key, with the overrides in it.
        downloads: the folder that the initializer fills.
        is_shipped: the configuration is TorchTune's, so that its own data set is nobody's wish.
    """
    if not isinstance(dataset, Mapping) or not str(dataset.get("_component_")).startswith(_BUILDERS):
        return None
    search = _find_search(run, dataset, downloads, is_shipped=is_shipped)
    if search is None:
        return None
    files = tuple(
        file
        for file in take_inventory(search.folder)
        if file.format in search.formats and fnmatchcase(str(file.path), search.pattern)
    )
    split = dataset.get("split")
    choice = choose(files, search.folder, str(split) if split else None)
    if not isinstance(choice, Choice):
        return choice
    kept = tuple(word for word in run.overrides if word.removeprefix("~").partition("=")[0] not in _LOCATION)
    said = (f"dataset.source={choice.source}", f"dataset.data_files={choice.data_files}")
    return PreparedRun(replace(run, overrides=(*kept, *said)), _tell(search, choice, files))


def find_downloads(environment: Mapping[str, str]) -> Path:
    """Return the folder that the dataset initializer fills."""
    return find_workspace(environment) / DATASET


def _find_search(run: TuneRun, dataset: Mapping[str, Any], downloads: Path, *, is_shipped: bool) -> _Search | None:
    source, folder, files = (dataset.get(key.partition(".")[2]) for key in _LOCATION)
    every = frozenset(FORMATS.values())
    if not any(run.overrides_key(key) for key in _LOCATION):
        why = f"{dataset['_component_']} would fetch a data set of its own"
        return _Search(downloads, every, why) if is_shipped else None
    if source not in every or files:
        return _search_by_names(str(source), files)
    formats = every if source == _DEFAULT_FORMAT else frozenset({str(source)})
    if folder is None:
        return _Search(downloads, formats, f"dataset.source={source} names no files")
    found = take_inventory(Path(str(folder)))
    why = f"dataset.source={source} dataset.data_dir={folder} matches no file"
    if any(file.format == source for file in found):
        return None
    if found and source == _DEFAULT_FORMAT:
        return _Search(Path(str(folder)), every, why)
    return _Search(downloads, formats, why) if Path(str(folder)) == downloads / _DEFAULT_FOLDER else None


def _search_by_names(source: str, files: object) -> _Search | None:
    """Look at files that are named by a path or a pattern, and are of another format than the default one."""
    path = Path(str(files))
    if source != _DEFAULT_FORMAT or not isinstance(files, str) or format_of(path.name) in {None, source}:
        return None
    return _Search(path.parent, frozenset(FORMATS.values()), f"{files} is not {source}", path.name)


def _tell(search: _Search, choice: Choice, files: Sequence[DataFile]) -> str:
    used, rest = _names(choice.used), _names([file for file in files if file not in choice.used])
    left = f", without {rest}" if rest else ""
    return f"Data: {search.why}; training on {used} in {search.folder} ({choice.source}){left}."


def _names(files: Sequence[DataFile]) -> str:
    more = f" and {len(files) - _NAMED} more" if len(files) > _NAMED else ""
    return ", ".join(str(file.path) for file in files[:_NAMED]) + more
