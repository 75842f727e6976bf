"""Questions and answers out of the docstrings of Python's standard library, for the demo: real text, and no download.

A row is a question ("What does os.path.join do in Python?") and an answer in the fixed form of a card (Name, Kind,
Summary). No pre-trained model answers like that by itself, so that a short training run changes its answers visibly.
The rows depend on the Python build alone, its version and modules.
"""

import contextlib
import importlib
import inspect
import io
import json
import pkgutil
import random
import re
import sys
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import pyarrow as pa
import pyarrow.parquet as pq

_QUESTIONS = ("What does {name} do in Python?", "Explain {name} in Python.", "What is {name} used for in Python?")
_HELD_OUT = 64
_SHORTEST, _LONGEST = 25, 400
# What importing has side effects, opens windows, or is not for users.
_SKIPPED = re.compile(
    r"^(_|test|ntpath|idlelib|lib2to3|turtle|tkinter|antigravity|this$|ensurepip|pydoc_data|distutils)"
    r"|\.(_|tests?\b)"
)
_SIGNATURE = re.compile(r"[\w.]+\(.*\)(\s*->.*)?")
_ROLE = re.compile(r":\w+:`([^`]*)`")
_LETTERS_AT_LEAST = 0.6
# Names under which users know what modules of other names define.
_PUBLIC = {"builtins.": "", "posixpath": "os.path", "posix.": "os."}
_HIDDEN_NAME = re.compile(r"^(builtins\.|posixpath|posix\.)")
_CARD = """\
# Python docstrings, as cards

Questions about modules, classes and functions of Python's standard library; each answer is a card (Name, Kind, Summary)
with the first paragraph of the docstring. `data/` holds the rows to train on, `held_out.json` rows not among them.
Made from Python {version}; the texts are under the Python Software Foundation License.
"""


@dataclass(frozen=True, order=True, slots=True)
class Entry:
    """One documented thing."""

    name: str
    kind: str
    summary: str

    def row(self, rng: random.Random) -> dict[str, str]:
        """Return the row, in the columns that TorchTune's `instruct_dataset` reads."""
        return {
            "input": rng.choice(_QUESTIONS).format(name=self.name),
            "output": f"Name: {self.name}\nKind: {self.kind}\nSummary: {self.summary}",
        }


def write(out: Path) -> str:
    """Write the data set as a repository of the Hub has it; return what it holds in a sentence."""
    rng = random.Random(0)  # noqa: S311 - the same rows every time
    rows = [entry.row(rng) for entry in sorted(_entries())]
    rng.shuffle(rows)
    held_out, train = rows[:_HELD_OUT], rows[_HELD_OUT:]
    (out / "data").mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist(train), out / "data" / "train-00000-of-00001.parquet")
    (out / "held_out.json").write_text(json.dumps(held_out, indent=0, ensure_ascii=False) + "\n", encoding="utf-8")
    (out / "README.md").write_text(_CARD.format(version=sys.version.split()[0]), encoding="utf-8")
    return f"{len(train)} rows to train on, {len(held_out)} held out"


def _entries() -> Iterator[Entry]:
    """Every docstring once."""
    seen = set()
    for module in _modules():
        for name, kind, item in _members(module):
            summary = summarize(getattr(item, "__doc__", None))
            if summary is not None and summary not in seen:
                seen.add(summary)
                yield Entry(_HIDDEN_NAME.sub(lambda hidden: _PUBLIC[hidden[0]], name), kind, summary)


def _modules() -> Iterator[ModuleType]:
    for top in sorted(sys.stdlib_module_names):
        module = _import(top)
        if module is not None:
            yield module
            for found in pkgutil.iter_modules(getattr(module, "__path__", []), f"{top}."):
                submodule = _import(found.name)
                if submodule is not None:
                    yield submodule


def _import(name: str) -> ModuleType | None:
    """Import a module; some are there on other platforms only, some end the program."""
    if _SKIPPED.search(name) or name.endswith("__main__"):
        return None
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            return importlib.import_module(name)
    except (Exception, SystemExit):  # noqa: BLE001 - whatever a module does when it is imported, it is not in the data
        return None


def _members(module: ModuleType) -> Iterator[tuple[str, str, object]]:
    """Yield the module, and what it defines itself: name, kind and object."""
    yield module.__name__, "module", module
    for name, item in sorted(vars(module).items()):
        if name.startswith("_") or getattr(item, "__module__", None) not in (
            module.__name__,
            f"_{module.__name__}",
            None,
        ):
            continue
        if inspect.isclass(item):
            yield f"{module.__name__}.{name}", "class", item
            for inner, member in sorted(vars(item).items()):
                if not inner.startswith("_") and (inspect.isroutine(member) or isinstance(member, property)):
                    kind = "property" if isinstance(member, property) else "method"
                    yield f"{module.__name__}.{name}.{inner}", kind, member
        elif inspect.isroutine(item):
            yield f"{module.__name__}.{name}", "function", item


def summarize(doc: str | None) -> str | None:
    """Return the first paragraph as one line of plain text, without a signature; None if it is no sentence."""
    paragraphs = [text.strip() for text in inspect.cleandoc(doc or "").split("\n\n")]
    while paragraphs and _SIGNATURE.fullmatch(paragraphs[0]):
        paragraphs.pop(0)
    text = " ".join(paragraphs[0].split()) if paragraphs else ""
    text = _ROLE.sub(r"\1", text).replace("``", "`")
    letters = sum(character.isascii() and character.isalpha() for character in text)
    if not _SHORTEST <= len(text) <= _LONGEST or letters < _LETTERS_AT_LEAST * len(text):
        return None
    if not text[0].isupper() or "--" in text:
        return None
    return text if text[-1] in ".!?" else text.rstrip(":;,") + "."


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    print(write(Path(sys.argv[1])))
