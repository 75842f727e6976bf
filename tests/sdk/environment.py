"""The virtual environment of Kubeflow's SDK, made once a machine, and running a script of ours in it."""

import json
from pathlib import Path
from typing import Any

from tests.devcluster import virtual_environment

_REQUIREMENTS = Path(__file__).with_name("requirements.txt")


def ensure() -> Path:
    """Return the environment, made first if it is not there."""
    return virtual_environment.ensure("sdk-python", _REQUIREMENTS, usually="30 s")


def run_script(script: str, *arguments: str, kubeconfig: Path) -> Any:  # noqa: ANN401 - what the script's JSON says
    """Run a script of this package as the user of a kubeconfig, and return what it prints."""
    printed = virtual_environment.run_module(
        ensure(), f"tests.sdk.{script}", *arguments, variables={"KUBECONFIG": str(kubeconfig)}
    )
    return json.loads(printed)
