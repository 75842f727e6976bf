"""The folder of checkpoints: each is whole as soon as it has its name, and one that is not whole is never taken.

    output_dir/steps/step-00000012/note.json   what it is, and how long its files are; to be read without torch
                                  /state/      torch's distributed checkpoint
                    /.writing-00000012/        not whole yet, or a kill came between: removed at the next start
                    /.removing-step-00000008/  a kill came between: the same
                    /.torn-step-00000010/      was found not to be whole

TorchTune looks for `epoch_*` alone. One process calls what changes anything.
"""

import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from trainjob_torchtune.preflight.model.weights import describe_bytes

NAME = "steps"
_NOTE = "note.json"
_STATE = "state"
_STEP, _WRITING, _REMOVING, _TORN = "step-", ".writing-", ".removing-", ".torn-"


class NoRoomError(OSError):
    """A checkpoint would take what the recipe needs for its own files. The text says how much is there."""


@dataclass(frozen=True, slots=True)
class Note:
    """What a checkpoint is.

    Attributes:
        epoch: in which its step lies; the first is 0.
        rows: of the epoch that were trained on, by all processes.
        counters: of the recipe, by name.
        processes: how many there were.
        identity: the configuration, by key, as far as it has to be the same to go on.
        sizes: of its files in bytes, by path.
    """

    epoch: int
    rows: int
    counters: Mapping[str, int]
    processes: int
    identity: Mapping[str, str]
    sizes: Mapping[str, int]

    @property
    def step(self) -> int:
        """How many optimizer steps had been made."""
        return self.counters["global_step"]


@dataclass(frozen=True, slots=True)
class Folder:
    """All checkpoints of a run; `kept` of the newest stay."""

    path: Path
    kept: int

    def tidy(self) -> None:
        """Remove what an earlier process was killed in the middle of."""
        for pattern in (f"{_WRITING}*", f"{_REMOVING}*"):
            for left in self.path.glob(pattern):
                shutil.rmtree(left, ignore_errors=True)

    def whole(self) -> Iterator[tuple[Path, Note]]:
        """Yield checkpoints, the newest first; what has the name of one and is none is not among them."""
        for path in reversed(self._named()):
            if (note := read_note(path)) is not None:
                yield path, note

    def torn(self) -> Iterator[Path]:
        """Yield what has the name of a checkpoint, and is none."""
        return (path for path in self._named() if read_note(path) is None)

    def writing(self, step: int) -> Path:
        """Return where a checkpoint is written."""
        return self.path / f"{_WRITING}{step:08}" / _STATE

    def make_room(self, needed: int, reserved: int, free: Callable[[Path], int] | None = None) -> None:
        """See that one finds room, and the recipe's own files after it; older ones go for it, but for the last.

        Args:
            needed: bytes of the checkpoint.
            reserved: bytes that the recipe has yet to write.
            free: tells the free bytes of a folder's volume.

        Raises:
            NoRoomError: there is none.
        """
        measure = free or free_bytes
        named = self._named()
        while (there := measure(self.path)) < needed + reserved and len(named) > 1:
            self.remove(named.pop(0))
        if there < needed + reserved:
            raise NoRoomError(
                f"it takes {describe_bytes(needed)}, and only {describe_bytes(there)} are free on the volume of"
                f" {self.path.parent}, where the recipe has yet to save {describe_bytes(reserved)}"
            )

    def begin(self, step: int) -> None:
        """Make place for one."""
        self.abandon(step)
        self.writing(step).mkdir(parents=True)

    def abandon(self, step: int) -> None:
        """Remove what was written of one."""
        shutil.rmtree(self.writing(step).parent, ignore_errors=True)

    def commit(self, step: int, **facts: Any) -> int:  # noqa: ANN401 - a note's attributes
        """Name one, now that all files of it are on the disk, and remove older ones; return its size in bytes.

        Raises:
            OSError: it cannot be named; what was written is left.
        """
        folder = self.writing(step).parent
        files = [path for path in folder.rglob("*") if path.is_file()]
        sizes = {str(path.relative_to(folder)): path.stat().st_size for path in files}
        with (folder / _NOTE).open("w") as file:
            json.dump(asdict(Note(**facts, sizes=sizes)), file)
            file.flush()
            os.fsync(file.fileno())
        _sync(folder)
        final = self.path / f"{_STEP}{step:08}"
        self.remove(final)
        folder.rename(final)
        _sync(self.path)
        for old in self._named()[: -self.kept]:
            self.remove(old)
        return sum(sizes.values())

    def remove(self, path: Path) -> None:
        """Remove one; what is half gone must not have its name."""
        if path.exists():
            doomed = path.with_name(f"{_REMOVING}{path.name}")
            shutil.rmtree(doomed, ignore_errors=True)
            path.rename(doomed)
            shutil.rmtree(doomed, ignore_errors=True)

    def set_aside(self, path: Path) -> Path:
        """Keep one that is not whole for a person to look at, and return where."""
        aside = path.with_name(f"{_TORN}{path.name}")
        shutil.rmtree(aside, ignore_errors=True)
        return path.rename(aside)

    def _named(self) -> list[Path]:
        """Return what has the name of a checkpoint, the oldest first."""
        named = ((path.name.removeprefix(_STEP), path) for path in self.path.glob(f"{_STEP}*"))
        return [path for _, path in sorted((int(number), path) for number, path in named if number.isdecimal())]

    def clear(self) -> None:
        """Remove all."""
        shutil.rmtree(self.path, ignore_errors=True)


def read_note(path: Path) -> Note | None:
    """Return the note of a checkpoint; None if it is not whole."""
    try:
        note = Note(**json.loads((path / _NOTE).read_bytes()))
        is_whole = all((path / name).stat().st_size == size for name, size in note.sizes.items())
    except (OSError, ValueError, TypeError, AttributeError):
        return None
    return note if is_whole else None


def state_of(path: Path) -> Path:
    """Return the folder of a checkpoint's tensors."""
    return path / _STATE


def free_bytes(folder: Path) -> int:
    """Return the free bytes where a folder is, or will be, as far as they are for us and not for root alone."""
    there = next(one for one in (folder, *folder.parents) if one.exists())
    system = os.statvfs(there)
    return system.f_bavail * system.f_frsize


def _sync(folder: Path) -> None:
    """Have the disk know the names in a folder."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
