"""The virtual environment that the makers of models run in, made once a machine, and running a module in it."""

from pathlib import Path

from tests.devcluster import torch_environment, virtual_environment

_REQUIREMENTS = Path(__file__).with_name("requirements.txt")
_VARIABLES = {"HF_HUB_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false"}


def ensure() -> Path:
    """Return the environment, made first if it is not there."""
    return virtual_environment.ensure("models-python", _REQUIREMENTS, usually="1 min")


def run_module(module: str, *arguments: str | Path, with_torch: bool = False) -> str:
    """Run a module of this package there and return what it prints; DevclusterError with its last lines if it fails.

    With torch, the trainer's environment is laid under this one: torch is there once, in the version that trains.
    """
    search = [torch_environment.ensure() / "lib" / "python3.11" / "site-packages"] if with_torch else []
    return virtual_environment.run_module(ensure(), module, *arguments, search=search, variables=_VARIABLES)
