"""The folder that files are downloaded to, with notes of what each is: those that the Hub's client would write."""

import hashlib
import os
import stat
import time
from collections.abc import Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from trainjob_initializer.download.selection import RemoteFile

# huggingface_hub, _local_folder.py: one file for each, of three lines, commit, etag and time.
_NOTES = Path(".cache", "huggingface", "download")
_NOTE = ".metadata"
_FILE_MODE = stat.S_IRUSR | stat.S_IWUSR | stat.S_IRGRP | stat.S_IWGRP | stat.S_IROTH
_FOLDER_MODE = _FILE_MODE | stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH


@dataclass(frozen=True, slots=True)
class Note:
    """Which commit a file is of, and how the Hub names its content."""

    commit: str
    etag: str


def is_present(folder: Path, file: RemoteFile, commit: str) -> bool:
    """Tell whether the file is there, whole, and that of the commit: its note says so, or else its content."""
    path = folder / file.path
    if path.is_symlink() or not path.is_file() or path.stat().st_size != file.size:
        return False
    note = _read_note(folder, file.path)
    if note is not None:
        return note.commit == commit or note.etag == file.etag != ""
    return _hash(path, file) == file.etag != ""


def note_down(folder: Path, file: RemoteFile, commit: str) -> None:
    """Say that the file is that of the commit."""
    note = folder / _NOTES / f"{file.path}{_NOTE}"
    if _read_note(folder, file.path) != Note(commit, file.etag):
        note.parent.mkdir(parents=True, exist_ok=True)
        draft = note.with_name(f"{note.name}.new")
        draft.write_text(f"{commit}\n{file.etag}\n{time.time()}\n", encoding="utf-8")
        draft.replace(note)


def remove_outdated(folder: Path, file: RemoteFile) -> None:
    """Make room for the file where another of its name lies."""
    path = folder / file.path
    if path.is_symlink() or path.is_file():
        path.unlink()


def remove_others(folder: Path, wanted: Collection[str]) -> int:
    """Remove what earlier downloads have left beside what is wanted, and return how many files that were.

    Only what a note claims goes: what somebody has put there himself stays.
    """
    removed = 0
    for note in list((folder / _NOTES).rglob(f"*{_NOTE}")):
        path = note.relative_to(folder / _NOTES).as_posix().removesuffix(_NOTE)
        if path in wanted or not note.is_file():
            continue
        if (folder / path).is_file() or (folder / path).is_symlink():
            (folder / path).unlink()
            removed += 1
        note.unlink()
        _remove_empty(folder, folder / path)
        _remove_empty(folder / _NOTES, note)
    return removed


def remove_links(folder: Path) -> None:
    """Remove the links that `link_up` has made."""
    for link in list(folder.iterdir()):
        if link.is_symlink() and _is_inner(link, link.readlink()):
            link.unlink()


def free_bytes(folder: Path) -> int:
    """Return what an ordinary user can still write to the volume."""
    volume = os.statvfs(folder)
    return volume.f_bavail * volume.f_frsize


def share(folder: Path) -> None:
    """Let the group write and everybody read: the trainer may run under another UID."""
    for path in _walk(folder):
        with suppress(FileNotFoundError):  # another run on this volume has renamed or removed it
            _open_up(path)


def link_up(folder: Path, path: str) -> None:
    """Make what lies at `path` below the folder visible in the folder itself too, by relative links."""
    inner = folder / path
    for entry in list(inner.iterdir()) if inner.is_dir() else [inner]:
        link = folder / entry.name
        if link.is_symlink():
            link.unlink()
        if not link.exists():
            link.symlink_to(entry.relative_to(folder))


def _read_note(folder: Path, path: str) -> Note | None:
    try:
        commit, etag, *_ = [*(folder / _NOTES / f"{path}{_NOTE}").read_text(encoding="utf-8").split("\n"), ""]
    except (OSError, ValueError):
        return None
    return Note(commit, etag)


def _hash(path: Path, file: RemoteFile) -> str:
    """Compute what the Hub would call this content: sha256 where it is in LFS, else git's object id."""
    digest = hashlib.sha256() if file.sha256 is not None else hashlib.sha1(b"blob %d\0" % file.size)  # noqa: S324 - git's
    with path.open("rb") as stream:
        while data := stream.read(1 << 22):
            digest.update(data)
    return digest.hexdigest()


def _is_inner(link: Path, target: Path) -> bool:
    return not target.is_absolute() and ".." not in target.parts and target.name == link.name


def _remove_empty(top: Path, path: Path) -> None:
    """Remove the folders above a file that has gone, as far as nothing is left in them."""
    for parent in path.parents:
        if parent == top:
            return
        try:
            parent.rmdir()
        except OSError:
            return


def _open_up(path: Path) -> None:
    status = path.lstat()
    wanted = _FOLDER_MODE if stat.S_ISDIR(status.st_mode) else _FILE_MODE
    is_plain = not stat.S_ISLNK(status.st_mode)
    if is_plain and status.st_uid == os.geteuid() and status.st_mode & wanted != wanted:
        path.chmod(stat.S_IMODE(status.st_mode) | wanted)


def _walk(folder: Path) -> Iterator[Path]:
    """Yield the folder and all that is in it; what another run removes meanwhile is left out."""
    yield folder
    entries: list[os.DirEntry[str]] = []
    with suppress(FileNotFoundError), os.scandir(folder) as found:
        entries += found
    for entry in entries:
        path = Path(entry.path)
        if entry.is_dir(follow_symlinks=False):
            yield from _walk(path)
        else:
            yield path
