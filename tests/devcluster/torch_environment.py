"""The virtual environment of torch and TorchTune that trainers' containers see: 5 GB, made once a machine."""

from contextlib import suppress
from pathlib import Path

from tests.devcluster import packages
from tests.devcluster.cache import ROOT, cache_dir, digest, made
from tests.devcluster.longrun import run_long
from tests.devcluster.node import TORCH

_REQUIREMENTS = ROOT / "images" / "torchtune" / "requirements.txt"
# In a mount namespace of its own the folder has the path under which containers see it: the scripts in it name it.
_MAKE = """
mount --bind "$1" "$2"
/usr/bin/python3.11 -m venv "$2"
"$2"/bin/python -m pip install --disable-pip-version-check --no-cache-dir -r "$3"
"""


def path() -> Path:
    """Return where the environment lies, or will lie."""
    return cache_dir() / f"torch-{digest([_REQUIREMENTS.read_bytes()])}"


def ensure() -> Path:
    """Return the environment, made first if it is not there."""
    return made(path(), _make)


def _make(folder: Path) -> None:
    packages.ensure(packages.PYTHON_PACKAGES)
    folder.mkdir()
    seen = Path(TORCH)
    seen.mkdir(parents=True, exist_ok=True)
    try:
        run_long(
            ["unshare", "--mount", "sh", "-eu", "-c", _MAKE, "sh", folder, seen, _REQUIREMENTS],
            what="Installing torch and TorchTune (3 GB to download)",
            usually="4 to 8 min",
            log=cache_dir() / "logs" / "torch.log",
        )
    finally:
        with suppress(OSError):  # somebody else's, with something in it
            seen.rmdir()
