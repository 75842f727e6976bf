"""What variants of the trainer's image have beside, or in place of, its packages: in the cache, made once a machine."""

import subprocess
from pathlib import Path

from tests.devcluster import torch_environment
from tests.devcluster.cache import cache_dir, digest, made
from tests.training.container import PACKAGE


def ensure(name: str) -> Path:
    """Return a folder with a variant's packages, for PYTHONPATH."""
    requirements = PACKAGE / "variants" / f"{name}.txt"

    def make(folder: Path) -> None:
        pip = (torch_environment.ensure() / "bin" / "python", "-m", "pip", "install", "--quiet", "--no-deps")
        options = ("--disable-pip-version-check", "--root-user-action=ignore", "--target", folder, "-r", requirements)
        subprocess.run([*pip, *options], check=True)

    return made(cache_dir() / f"variant-{name}-{digest([requirements.read_bytes()])}", make)
