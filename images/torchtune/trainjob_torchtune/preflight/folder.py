"""What lies in a folder, in a few words: the best hint when a file is missing."""

from pathlib import Path

from trainjob_torchtune.preflight.sight import is_folder

_NAMED = 8


def describe(folder: Path) -> str:
    """Say what the folder, or the nearest one above it that exists, holds."""
    while not is_folder(folder) and folder != folder.parent:
        folder = folder.parent
    try:
        names = sorted(path.name + "/" * is_folder(path) for path in folder.iterdir() if not path.name.startswith("."))
    except OSError as error:
        return f"{folder} cannot be listed ({error.strerror})"
    if not names:
        return f"{folder} is empty"
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return f"{folder} holds {', '.join(names[:_NAMED])}{more}"
