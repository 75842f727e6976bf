"""The state of all generators of random numbers that a training draws from, as plain values and tensors."""

import random
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch


def get_random(generator: torch.Generator | None) -> Mapping[str, Any]:
    """Return it; `generator` is the recipe's own."""
    numpy: dict[str, Any] = np.random.get_state(legacy=False)  # noqa: NPY002 - the global one is what libraries draw from
    state: dict[str, Any] = {
        "torch": torch.get_rng_state(),
        "python": random.getstate(),
        "numpy": numpy | {"state": numpy["state"] | {"key": torch.from_numpy(numpy["state"]["key"].copy())}},
    }
    if torch.cuda.is_available():
        state["cuda"] = torch.cuda.get_rng_state()
    if generator is not None:
        state["recipe"] = generator.get_state()
    return state


def set_random(state: Mapping[str, Any], generator: torch.Generator | None) -> None:
    """Set it back."""
    numpy = state["numpy"]
    torch.set_rng_state(state["torch"])
    random.setstate(state["python"])
    np.random.set_state(numpy | {"state": numpy["state"] | {"key": numpy["state"]["key"].numpy()}})  # noqa: NPY002
    if "cuda" in state and torch.cuda.is_available():
        torch.cuda.set_rng_state(state["cuda"])
    if "recipe" in state and generator is not None:
        generator.set_state(state["recipe"])
