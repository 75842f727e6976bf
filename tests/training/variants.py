"""What variants of the trainer's image have beside, or in place of, its packages: in the cache, made once a machine."""

from pathlib import Path

from tests.devcluster import torch_environment
from tests.devcluster.cache import cache_dir, digest, made
from tests.devcluster.longrun import run_long
from tests.training.container import PACKAGE

_USUALLY = {"evaluation": "1 min", "qat-lora": "10 s"}


def ensure(name: str) -> Path:
    """Return a folder with a variant's packages, for PYTHONPATH."""
    requirements = PACKAGE / "variants" / f"{name}.txt"

    def make(folder: Path) -> None:
        pip = (torch_environment.ensure() / "bin" / "python", "-m", "pip", "install", "--no-deps")
        options = ("--disable-pip-version-check", "--root-user-action=ignore", "--target", folder, "-r", requirements)
        run_long(
            [*pip, *options],
            what=f"Installing the packages of the image's variant {name}",
            usually=_USUALLY[name],
            log=cache_dir() / "logs" / f"variant-{name}.log",
        )

    return made(cache_dir() / f"variant-{name}-{digest([requirements.read_bytes()])}", make)
