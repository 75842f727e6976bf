"""A Python as optimized as that of the operator's image, with the same packages: Debian's, in the cache."""

import subprocess
from pathlib import Path

from tests.devcluster import virtual_environment
from tests.devcluster.cache import ROOT

_REQUIREMENTS = ROOT / "images" / "operator" / "requirements.txt"


def python() -> Path:
    """Return the interpreter; its environment is made first if it is not there."""
    return virtual_environment.ensure("operator-python", _REQUIREMENTS, usually="30 s") / "bin" / "python"


def version() -> str:
    """Tell which it is."""
    return subprocess.check_output([python(), "--version"], text=True).split()[-1]
