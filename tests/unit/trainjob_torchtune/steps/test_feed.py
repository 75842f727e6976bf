"""The data loader tells of batches that the recipe is through with, and begins within an epoch."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from trainjob_torchtune.steps.feed import Feed


@dataclass
class Sampler:
    rows: int
    epoch: int = 0

    def __iter__(self) -> Iterator[int]:
        return iter(range(self.rows))

    def __len__(self) -> int:
        return self.rows


@dataclass
class Batches:
    sampler: Sampler


@dataclass
class Loader:
    """Shaped as torch's: batches of the rows that its batch sampler's sampler gives."""

    rows: int
    batch_size: int = 2
    loaded: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.sampler = Sampler(self.rows)
        self.batch_sampler = Batches(self.sampler)

    def __len__(self) -> int:
        return self.rows // self.batch_size

    def __iter__(self) -> Iterator[list[int]]:
        batch: list[int] = []
        for row in self.batch_sampler.sampler:
            self.loaded.append(row)
            batch.append(row)
            if len(batch) == self.batch_size:
                yield batch
                batch = []


def feed(loader: Loader, limit: int | None = None) -> tuple[Feed, list[tuple[str, int, int]]]:
    told: list[tuple[str, int, int]] = []
    return (
        Feed(
            loader,
            limit,
            lambda epoch, done: told.append(("begin", epoch, done)),
            lambda epoch, done: told.append(("through", epoch, done)),
        ),
        told,
    )


def test_a_batch_is_told_of_when_the_next_is_asked_for() -> None:
    batches, told = feed(Loader(6))
    iterator = iter(batches)

    assert next(iterator) == [0, 1]
    assert told == [("begin", 0, 0)]
    assert next(iterator) == [2, 3]
    assert told[1:] == [("through", 0, 1)]
    assert [next(iterator), *iterator] == [[4, 5]]
    assert told[1:] == [("through", 0, number) for number in (1, 2, 3)]


def test_what_is_done_is_neither_trained_on_nor_loaded_and_the_next_epoch_is_whole() -> None:
    loader = Loader(8)
    batches, told = feed(loader)
    batches.start_at(epoch=1, batches=2)

    assert len(list(batches)) == 4, "another epoch"
    loader.sampler.epoch, loader.loaded = 1, []
    assert list(batches) == [[4, 5], [6, 7]]
    assert loader.loaded == [4, 5, 6, 7]
    loader.sampler.epoch = 2
    assert len(list(batches)) == 4
    assert ("begin", 1, 2) in told
    assert ("through", 1, 4) in told


def test_an_epoch_that_is_limited_ends_where_it_would_have() -> None:
    batches, _ = feed(Loader(20), limit=5)
    batches.start_at(epoch=0, batches=3)

    assert list(batches) == [[6, 7], [8, 9]]


def test_all_else_is_the_loaders_own() -> None:
    batches, _ = feed(Loader(6))

    assert (len(batches), batches.batch_size, batches.sampler.epoch) == (3, 2, 0)
