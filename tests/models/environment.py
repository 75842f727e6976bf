"""The virtual environment that the makers of models run in, made once a machine, and running a module in it."""

import os
import subprocess
from pathlib import Path

from tests.devcluster import packages, torch_environment
from tests.devcluster.cache import ROOT, cache_dir, digest, made
from tests.devcluster.errors import DevclusterError
from tests.devcluster.longrun import run_long

_REQUIREMENTS = Path(__file__).with_name("requirements.txt")
_MAKE = '/usr/bin/python3.11 -m venv "$1" && "$1"/bin/python -m pip install --disable-pip-version-check -r "$2"'
_TAIL_LINES = 15


def ensure() -> Path:
    """Return the environment, made first if it is not there."""
    return made(cache_dir() / f"models-python-{digest([_REQUIREMENTS.read_bytes()])}", _make)


def run_module(module: str, *arguments: str | Path, with_torch: bool = False) -> str:
    """Run a module of this package there and return what it prints; DevclusterError with its last lines if it fails.

    With torch, the trainer's environment is laid under this one: torch is there once, in the version that trains.
    """
    search = [str(ROOT)]
    if with_torch:
        search.append(str(torch_environment.ensure() / "lib" / "python3.11" / "site-packages"))
    env = os.environ | {
        "PYTHONPATH": os.pathsep.join(search),
        "PYTHONDONTWRITEBYTECODE": "1",
        "HF_HUB_OFFLINE": "1",
        "TOKENIZERS_PARALLELISM": "false",
    }
    argv = [ensure() / "bin" / "python", "-m", module, *arguments]
    done = subprocess.run(argv, env=env, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        said = "\n".join(done.stderr.splitlines()[-_TAIL_LINES:])
        raise DevclusterError(f"{module} failed (exit code {done.returncode}):\n{said}")
    return done.stdout


def _make(folder: Path) -> None:
    packages.ensure(packages.TORCH_PACKAGES)
    run_long(
        ["sh", "-eu", "-c", _MAKE, "sh", folder, _REQUIREMENTS],
        what="Installing what makes the models",
        usually="1 min",
        log=cache_dir() / "logs" / "models-python.log",
    )
