"""Virtual environments of Debian's Python 3.11 in the cache: one for each list of requirements, made once a machine.

A list names all that is installed, so that a package whose dependencies come from elsewhere does not bring its own.
"""

import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.devcluster import packages
from tests.devcluster.cache import ROOT, cache_dir, digest, made
from tests.devcluster.errors import DevclusterError
from tests.devcluster.longrun import run_long

_MAKE = (
    '/usr/bin/python3.11 -m venv "$1" && "$1"/bin/python -m pip install --disable-pip-version-check --no-deps -r "$2"'
)
_TAIL_LINES = 15


def ensure(name: str, requirements: Path, *, usually: str) -> Path:
    """Return the environment, made first if it is not there."""

    def make(folder: Path) -> None:
        packages.ensure(packages.PYTHON_PACKAGES)
        run_long(
            ["sh", "-eu", "-c", _MAKE, "sh", folder, requirements],
            what=f"Installing {name}",
            usually=usually,
            log=cache_dir() / "logs" / f"{name}.log",
        )

    return made(cache_dir() / f"{name}-{digest([requirements.read_bytes()])}", make)


def run_module(
    environment: Path,
    module: str,
    *arguments: str | Path,
    search: Sequence[Path] = (),
    variables: Mapping[str, str] | None = None,
) -> str:
    """Run a module of this checkout there and return what it prints; DevclusterError with its last lines if it fails.

    `search` are folders of further packages.
    """
    env = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(map(str, (ROOT, *search))),
        "PYTHONDONTWRITEBYTECODE": "1",
        **(variables or {}),
    }
    argv = [environment / "bin" / "python", "-m", module, *arguments]
    done = subprocess.run(argv, env=env, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        said = "\n".join(done.stderr.splitlines()[-_TAIL_LINES:])
        raise DevclusterError(f"{module} failed (exit code {done.returncode}):\n{said}")
    return done.stdout
