"""The tasks to evaluate have to be there: the recipe looks for them after it has loaded the model, and names none."""

import difflib
import re
from collections.abc import Iterable, Iterator
from importlib.util import find_spec
from pathlib import Path

from trainjob_torchtune.preflight.folder import describe
from trainjob_torchtune.preflight.sight import is_file, is_folder
from trainjob_torchtune.run.evaluation import Evaluation
from trainjob_torchtune.violation import Violation

# How a file names a task, a group or tags: lm_eval parses its 12,000 files, which takes seconds; reading them does not.
_NAMED = re.compile(r"""^[ \t]*["']?(?:task|group|tag)["']?:((?:[ \t]*\S.*)?(?:\n[ \t]*- .*)*)""", re.MULTILINE)
# lm_eval lists *.yaml; the files that those include often have no suffix, and may bring tags.
_SUFFIXES = frozenset({"", ".yaml"})
_MOST_BYTES = 1 << 20
_LISTED = 8
_NAME = re.compile(r"""(?:^|[\n\[,])[ \t]*(?:-[ \t]+)?["']?([^\s"'\[\],#][^"'\[\],#\n]*)""")


def check_tasks(evaluation: Evaluation | None) -> Violation | None:
    """Look for every task in the person's own files, and then in those of lm_eval."""
    if evaluation is None:
        return None
    for folder in evaluation.folders:
        if not is_folder(folder):
            return Violation(f"There is no folder of tasks {folder} (include_path); {describe(folder)}.")
    own = find_tasks(evaluation.folders)
    if own.issuperset(evaluation.tasks):
        return None
    known = own | find_tasks(_lm_eval())
    for task in evaluation.tasks:
        if task not in known:
            where = _describe(evaluation, own)
            return Violation(f"There is no task {task}, neither in lm_eval nor in {where}{_hint(task, known)}")
    return None


def find_tasks(folders: Iterable[Path]) -> set[str]:
    """Return the names that the files in the folders give to tasks, groups and tags."""
    return {
        name
        for folder in folders
        for path in folder.rglob("*")
        if path.suffix in _SUFFIXES and is_file(path)
        for name in _names(path)
    }


def _names(path: Path) -> Iterator[str]:
    try:
        text = path.read_text(encoding="utf-8", errors="replace") if path.stat().st_size < _MOST_BYTES else ""
    except OSError:
        return
    for value in _NAMED.findall(text):
        yield from map(str.strip, _NAME.findall(value))


def _lm_eval() -> list[Path]:
    package = find_spec("lm_eval")
    return [] if package is None or package.origin is None else [Path(package.origin).parent / "tasks"]


def _describe(evaluation: Evaluation, own: set[str]) -> str:
    if not evaluation.folders:
        return "a folder of your own (include_path, which is not set)"
    folders, names = ", ".join(map(str, evaluation.folders)), ", ".join(sorted(own)[:_LISTED])
    return f"{folders} (include_path), whose *.yaml files have {names or 'none'}"


def _hint(task: str, known: set[str]) -> str:
    like = difflib.get_close_matches(task, sorted(known), n=1)
    return f"; did you mean {like[0]}?" if like else "."
