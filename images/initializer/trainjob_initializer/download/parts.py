"""Files on their way: what has arrived of each, kept until it is whole, so that any later run goes on with it.

Runs that share a volume must not disturb one another. A part is named after the content and after the run's host name,
which is the same in every pod that a Job makes for a step; what another host has written to lately is left alone.
Two runs with one part do each other no harm either: both write the same bytes at the same places.
"""

import hashlib
import os
from collections.abc import Callable, Collection
from pathlib import Path

from trainjob_initializer.download.selection import RemoteFile

_PARTS = Path(".cache", "trainjob", "parts")
# Where the Hub's client kept what was not whole yet: huggingface_hub, _local_folder.py. Earlier versions used that.
_CLIENT_PARTS = Path(".cache", "huggingface", "download")
# Nobody is silent for so long and goes on: a run that hears nothing gives up before.
_ABANDONED_S = 900.0
_PIECE = 1 << 22
_DIGITS = 24


class Part:
    """What there is of one file; bytes are only ever added at its end."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._hash = hashlib.sha256()
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o664)
        self.size = os.fstat(self._descriptor).st_size

    def read_through(self, hear: Callable[[], None]) -> None:
        """Take what is already there into the checksum."""
        self._hash = hashlib.sha256()
        at = 0
        while data := os.pread(self._descriptor, min(_PIECE, self.size - at), at):
            self._hash.update(data)
            at += len(data)
            hear()
        self.size = at

    def append(self, data: bytes) -> None:
        """Write what comes next."""
        self._hash.update(data)
        rest = memoryview(data)
        while rest:
            written = os.pwrite(self._descriptor, rest, self.size)
            self.size += written
            rest = rest[written:]

    def sha256(self) -> str:
        """Return the checksum of all bytes."""
        return self._hash.hexdigest()

    def empty(self) -> int:
        """Begin anew, and return how many bytes that costs."""
        lost, self.size = self.size, 0
        self._hash = hashlib.sha256()
        os.ftruncate(self._descriptor, 0)
        return lost

    def close(self) -> None:
        """Keep what there is."""
        os.close(self._descriptor)

    def become(self, target: Path) -> None:
        """Put the whole file where it belongs, in one step."""
        self._path.replace(target)


class Parts:
    """The parts in one folder, as seen by the run of one host."""

    def __init__(self, folder: Path, host: str) -> None:
        self._folder = folder / _PARTS
        self._client_folder = folder / _CLIENT_PARTS
        self._host = _digest(host)[:_DIGITS]

    def begun(self, file: RemoteFile) -> int:
        """Return how much of a file is already there; bytes."""
        try:
            return min(self._path(file).stat().st_size, file.size)
        except FileNotFoundError:
            return 0

    def open(self, file: RemoteFile) -> Part:
        """Open what there is of a file."""
        self._folder.mkdir(parents=True, exist_ok=True)
        return Part(self._path(file))

    def tidy(self, wanted: Collection[RemoteFile]) -> None:
        """Take over what runs that are gone have left of these files, and remove the rest of it, and our own.

        What is left of a file without a checksum is of no use: nothing would tell whether it is right.
        """
        contents = {_content(file) for file in wanted if file.sha256 is not None}
        now = self._now()
        for path in self._folder.glob("*.part"):
            content, host = path.stem.split(".", 1)
            is_ours = host == self._host
            if not is_ours and not _is_abandoned(path, now):
                continue
            ours = self._folder / f"{content}.{self._host}.part"
            if content not in contents or (not is_ours and ours.exists()):
                path.unlink(missing_ok=True)
            elif not is_ours:
                path.rename(ours)
        for path in self._client_folder.rglob("*.incomplete"):
            if path.is_file() and _is_abandoned(path, now):
                path.unlink(missing_ok=True)

    def _path(self, file: RemoteFile) -> Path:
        return self._folder / f"{_content(file)}.{self._host}.part"

    def _now(self) -> float:
        """Return the time as the volume's own clock has it: a file server's may differ from this machine's."""
        self._folder.mkdir(parents=True, exist_ok=True)
        clock = self._folder / f"{self._host}.clock"
        clock.touch()
        now = clock.stat().st_mtime
        clock.unlink(missing_ok=True)
        return now


def _is_abandoned(path: Path, now: float) -> bool:
    try:
        return now - path.stat().st_mtime > _ABANDONED_S
    except FileNotFoundError:
        return False


def _content(file: RemoteFile) -> str:
    return _digest(f"{file.path}\0{file.size}\0{file.etag}")[:_DIGITS]


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
