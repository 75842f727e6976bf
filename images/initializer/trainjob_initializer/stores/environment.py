"""The environment that the Hub's client reads when it is imported."""

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path


def client_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the environment with a writable HF_HOME, quiet, and without HF_ variables that are empty."""
    kept = {name: value for name, value in environment.items() if value or not name.startswith("HF_")}
    return {
        "HF_HOME": str(_writable_home(environment) / "huggingface"),
        # Our own progress and retry lines say what has to be said.
        "HF_HUB_VERBOSITY": "error",
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "HF_HUB_DISABLE_UPDATE_CHECK": "1",
        **kept,
    }


def _writable_home(environment: Mapping[str, str]) -> Path:
    """Return the cache folder of HOME, if it can be written to: a UID from nowhere has no home."""
    home = Path(environment.get("HOME") or "/") / ".cache"
    try:
        home.mkdir(parents=True, exist_ok=True)
    except OSError:
        return Path(tempfile.gettempdir())
    return home if os.access(home, os.W_OK) else Path(tempfile.gettempdir())
