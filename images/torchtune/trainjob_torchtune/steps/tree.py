"""What is trained, and what the optimizers remember, as one flat tree of tensors for torch's distributed checkpoints.

Sharded tensors are written by the processes that hold the shards, those that all have by one. Names are those of the
parameters, without what compiling and activation checkpointing put into them. Only what is trained is in the tree:
adapters without their base model, which a recipe loads anyway when it is set up.
"""

import io
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.distributed import checkpoint
from torch.distributed.checkpoint.metadata import TensorStorageMetadata
from torch.distributed.tensor import DTensor
from torch.optim import Optimizer

_WRAPPERS = ("_checkpoint_wrapped_module.", "_orig_mod.")
_MODEL, _OPTIMIZER, _PROCESS = "model/", "optimizer/", "process/"


class MisfitError(RuntimeError):
    """A checkpoint that holds something else than what is trained."""


@dataclass(frozen=True, slots=True)
class Trained:
    """A model and its optimizers."""

    model: nn.Module
    optimizers: Collection[Optimizer]

    def parameters(self) -> Iterator[tuple[str, nn.Parameter]]:
        """Yield what is trained, by name."""
        for name, parameter in self.model.named_parameters():
            if parameter.requires_grad:
                for wrapper in _WRAPPERS:
                    name = name.replace(wrapper, "")  # noqa: PLW2901 - the same name, plainer
                yield name, parameter

    def sizes(self) -> tuple[int, int]:
        """Return how many bytes weights and optimizers take, of all processes together, each tensor once."""
        weights = sum(_size(parameter) for _, parameter in self.parameters())
        states = (state for optimizer in self.optimizers for state in optimizer.state.values())
        return weights, sum(_size(value) for state in states for value in state.values())

    def capture(self, rank: int, own: Mapping[str, Any]) -> dict[str, Any]:
        """Return the tree, with what this process keeps for itself."""
        names = {parameter: name for name, parameter in self.parameters()}
        tree: dict[str, Any] = {f"{_MODEL}{name}": parameter.detach() for parameter, name in names.items()}
        for optimizer in self.optimizers:
            for parameter, state in optimizer.state.items():
                tree |= {f"{_OPTIMIZER}{names[parameter]}/{key}": value for key, value in state.items()}
        groups = [_without_parameters(optimizer.param_groups) for optimizer in self.optimizers]
        return tree | {f"{_PROCESS}{rank}": _pack({**own, "groups": groups})}

    def restore(self, folder: Path, metadata: Mapping[str, Any], rank: int, *, is_alone: bool) -> Mapping[str, Any]:
        """Load a tree into model and optimizers; return what the process of that rank has kept for itself.

        Args:
            folder: of the checkpoint.
            metadata: of all that is in it, by name: `state_dict_metadata`.
            rank: of the process whose own part is wanted.
            is_alone: there are no other processes.

        Raises:
            MisfitError: it is of another model.
        """
        parameters = dict(self.parameters())
        saved = {key.removeprefix(_MODEL) for key in metadata if key.startswith(_MODEL)}
        if saved != set(parameters):
            raise MisfitError(f"it has other weights: {', '.join(sorted(saved ^ set(parameters))[:3])}")
        own = f"{_PROCESS}{rank}"
        tree: dict[str, Any] = {f"{_MODEL}{name}": parameter.detach() for name, parameter in parameters.items()}
        for key, stored in metadata.items():
            if key.startswith(_OPTIMIZER):
                tree[key] = _blank(stored, parameters[_owner(key)])
        tree[own] = None
        checkpoint.load(tree, storage_reader=checkpoint.FileSystemReader(folder), no_dist=is_alone)
        kept: Mapping[str, Any] = torch.load(io.BytesIO(tree[own]), weights_only=True)
        self._set_state({key: value for key, value in tree.items() if key.startswith(_OPTIMIZER)}, kept["groups"])
        return kept

    def _set_state(self, tree: Mapping[str, Any], groups: Sequence[Sequence[Mapping[str, Any]]]) -> None:
        states: dict[str, dict[str, Any]] = defaultdict(dict)
        for key, value in tree.items():
            states[_owner(key)][key.rpartition("/")[2]] = value
        names = {parameter: name for name, parameter in self.parameters()}
        for optimizer, settings in zip(self.optimizers, groups, strict=True):
            state = optimizer.state_dict()
            flat = [parameter for group in optimizer.param_groups for parameter in group["params"]]
            numbered = enumerate(names.get(parameter, "") for parameter in flat)
            state["state"] = {number: states[name] for number, name in numbered if name in states}
            state["param_groups"] = [old | new for old, new in zip(state["param_groups"], settings, strict=True)]
            optimizer.load_state_dict(state)


def _without_parameters(groups: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    return [{key: value for key, value in group.items() if key != "params"} for group in groups]


def _size(value: object) -> int:
    """Return a tensor's bytes; a sharded one counts as a whole."""
    return value.numel() * value.element_size() if isinstance(value, torch.Tensor) else 0


def _owner(key: str) -> str:
    """Return the name of the parameter to which a value of an optimizer belongs."""
    return key.removeprefix(_OPTIMIZER).rpartition("/")[0]


def _blank(stored: object, parameter: nn.Parameter) -> torch.Tensor | None:
    """Make a tensor to load into, sharded as the parameter if it has its shape; None for what is no tensor."""
    if not isinstance(stored, TensorStorageMetadata):
        return None
    dtype = stored.properties.dtype
    if isinstance(parameter, DTensor) and stored.size == parameter.shape:
        return torch.zeros_like(parameter, dtype=dtype, requires_grad=False)
    # Numbers such as Adam's count of steps lie where torch has made them: in the host's memory, fused ones excepted.
    return torch.zeros(stored.size, dtype=dtype, device=parameter.device if stored.size else "cpu")


def _pack(value: object) -> bytes:
    """Make bytes, which are left alone: dictionaries would be taken apart."""
    buffer = io.BytesIO()
    torch.save(value, buffer)
    return buffer.getvalue()
