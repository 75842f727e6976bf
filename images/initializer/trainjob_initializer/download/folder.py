"""The folder that files are downloaded to, with what the Hub's client notes down in it."""

import json
import os
import stat
from pathlib import Path

from trainjob_initializer.download.selection import ORIGIN, RemoteFile

# Where the client keeps its notes, beside the files: huggingface_hub, _local_folder.py.
_NOTES = Path(".cache", "huggingface", "download")
_FILE_MODE = stat.S_IRUSR | stat.S_IWUSR | stat.S_IRGRP | stat.S_IWGRP | stat.S_IROTH
_FOLDER_MODE = _FILE_MODE | stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH


def is_present(folder: Path, file: RemoteFile, commit: str) -> bool:
    """Tell whether the file is there, whole, and known to be that of the commit."""
    note = folder / _NOTES / f"{file.path}.metadata"
    try:
        return (folder / file.path).stat().st_size == file.size and note.read_text().split("\n", 1)[0] == commit
    except OSError:
        return False


def remove_damaged(folder: Path, file: RemoteFile) -> None:
    """Remove the file if it cannot be right: the client believes its note, and does not look at the size."""
    path = folder / file.path
    if path.is_symlink() or (path.is_file() and path.stat().st_size != file.size):
        path.unlink()


def remove_leftovers(folder: Path) -> None:
    """Remove what a killed run left half done: the client does not take it up again, and it fills the volume."""
    for leftover in (folder / _NOTES).rglob("*"):
        if leftover.suffix in {".incomplete", ".lock"}:
            leftover.unlink(missing_ok=True)


def free_bytes(folder: Path) -> int:
    """Return what an ordinary user can still write to the volume."""
    volume = os.statvfs(folder)
    return volume.f_bavail * volume.f_frsize


def share(folder: Path) -> None:
    """Let the group write and everybody read: the trainer may run under another UID."""
    for path in [folder, *folder.rglob("*")]:
        status = path.lstat()
        wanted = _FOLDER_MODE if path.is_dir() else _FILE_MODE
        if not path.is_symlink() and status.st_uid == os.geteuid() and status.st_mode & wanted != wanted:
            path.chmod(stat.S_IMODE(status.st_mode) | wanted)


def name_origin(folder: Path, repository: str) -> None:
    """Say which repository the model is, as `tune download` does: TorchTune names it in adapters as their base.

    torchtune/_cli/download.py writes it, torchtune/training/checkpointing/_checkpointer.py reads it.
    """
    text = json.dumps({"repo_id": repository}, indent=4)
    path, draft = folder / ORIGIN, folder / f".{ORIGIN}"
    if not path.is_file() or path.read_text(encoding="utf-8") != text:
        draft.write_text(text, encoding="utf-8")
        draft.replace(path)


def link_up(folder: Path, path: str) -> None:
    """Make what lies at `path` below the folder visible in the folder itself too, by relative links."""
    inner = folder / path
    for entry in list(inner.iterdir()) if inner.is_dir() else [inner]:
        link = folder / entry.name
        if link.is_symlink():
            link.unlink()
        if not link.exists():
            link.symlink_to(entry.relative_to(folder))
