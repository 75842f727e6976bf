"""The data loader of a recipe, which tells when the recipe is through with a batch, and can begin within an epoch.

When a recipe asks for the next batch, optimizer, scheduler, counters and sums have done with the last one: the one
place at which a training can be saved as a whole, whatever the recipe.
"""

from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any


class _Rest:
    """A sampler without the first rows of the next epoch that it is asked for; they are not loaded either."""

    def __init__(self, sampler: Any) -> None:  # noqa: ANN401 - a torch.utils.data.Sampler
        self.skipped = 0
        self._sampler = sampler

    def __iter__(self) -> Iterator[int]:
        skipped, self.skipped = self.skipped, 0
        return islice(iter(self._sampler), skipped, None)

    def __len__(self) -> int:
        return len(self._sampler)


class Feed:
    """Stands for a recipe's data loader; what is not named here is the loader's own.

    Attributes:
        begin: is told the epoch and how many batches of it are left out, once the loader has begun.
        through: is told the epoch and how many batches of it the recipe is through with.
    """

    def __init__(
        self,
        loader: Any,  # noqa: ANN401 - torch's DataLoader or torchdata's
        limit: int | None,
        begin: Callable[[int, int], None],
        through: Callable[[int, int], None],
    ) -> None:
        """Wrap a loader. `limit`: of an epoch's batches, at which the recipe stops counting from where it began."""
        self.begin = begin
        self.through = through
        self._loader = loader
        self._limit = limit
        self._start: tuple[int, int] | None = None
        self._rest = loader.batch_sampler.sampler = _Rest(loader.batch_sampler.sampler)

    def start_at(self, epoch: int, batches: int) -> None:
        """Leave out the first batches of an epoch."""
        self._start = (epoch, batches)

    def __len__(self) -> int:
        return len(self._loader)

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - as the loader has it
        return getattr(self._loader, name)

    def __iter__(self) -> Iterator[Any]:
        epoch, done = int(self._loader.sampler.epoch), 0
        if self._start is not None and self._start[0] == epoch:
            done, self._start = self._start[1], None
        limit = self._limit if done else None
        self._rest.skipped = done * self._loader.batch_size
        batches = iter(self._loader)  # draws a number: only after it the state of random numbers can be set back
        self.begin(epoch, done)
        while limit is None or done < limit:
            try:
                batch = next(batches)
            except StopIteration:
                return
            yield batch
            done += 1
            self.through(epoch, done)
