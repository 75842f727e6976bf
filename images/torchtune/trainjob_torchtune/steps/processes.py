"""The processes that train together: what they agree on between two batches."""

from dataclasses import dataclass
from typing import Any

import torch
from torch import distributed


@dataclass(slots=True)
class Processes:
    """All of them, seen from one.

    Attributes:
        rank: this one's; the first is 0.
        count: how many there are.
        group: for what is not on an accelerator; None if there is one process.
    """

    rank: int
    count: int
    group: Any
    _device: torch.device

    @classmethod
    def meet(cls, device: torch.device) -> "Processes":
        """Find the others; all of them have to call it."""
        if not distributed.is_initialized() or distributed.get_world_size() == 1:
            return cls(0, 1, None, device)
        group = distributed.new_group(backend="gloo")
        return cls(distributed.get_rank(), distributed.get_world_size(), group, device)

    @property
    def is_first(self) -> bool:
        """Whether this is the one that writes and speaks for all."""
        return self.rank == 0

    def any_of(self, *flags: bool) -> tuple[bool, ...]:
        """Tell which flags at least one process has set. All call it at the same place, and get the same answer."""
        if self.group is None:
            return flags
        # In the recipe's own group and on its device: it may know nothing but NCCL.
        numbers = torch.tensor(flags, dtype=torch.int32, device=self._device)
        distributed.all_reduce(numbers, op=distributed.ReduceOp.MAX)
        return tuple(bool(number) for number in numbers.tolist())

    def from_first(self, value: Any) -> Any:  # noqa: ANN401 - whatever the first one has
        """Return the first process's value."""
        if self.group is None:
            return value
        values = [value]
        distributed.broadcast_object_list(values, src=0, group=self.group)
        return values[0]

    def part(self) -> None:
        """Close the group before the recipe closes its own: one that outlives it may abort the interpreter's end."""
        if self.group is not None:
            distributed.destroy_process_group(self.group)
            self.group = None
