"""Counting the bytes of one file, as the client reports them to what it takes for a progress bar."""

from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Self

from trainjob_initializer.download.activity import Activity
from trainjob_initializer.download.selection import RemoteFile


class Bar:
    """As much of tqdm as the client uses, over plain HTTP and over Xet."""

    def __init__(self, *_: object, **__: object) -> None:
        self.total: int | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def update(self, size: float | None = 1) -> None:
        """Take note of bytes that are in the file; a negative number takes some back."""

    def update_transfer(self, size: float | None = 1) -> None:
        """Take note of bytes that came over the network."""

    def set_postfix_str(self, *_: object, **__: object) -> None:
        """Show nothing."""

    def set_transfer_postfix_str(self, *_: object, **__: object) -> None:
        """Show nothing."""

    def close(self) -> None:
        """Show nothing."""


@contextmanager
def counting(file: RemoteFile, activity: Activity) -> Iterator[type[Bar]]:
    """Yield a class of bars; in the end exactly the file's size has been counted, or nothing if it failed."""
    counted = 0

    class Counter(Bar):
        """Passes on what the client reports."""

        def update(self, size: float | None = 1) -> None:
            nonlocal counted
            counted += int(size or 0)
            activity.gain(int(size or 0))

        def update_transfer(self, size: float | None = 1) -> None:
            if size:
                activity.hear()

    try:
        yield Counter
    except BaseException:
        activity.gain(-counted)
        raise
    activity.gain(file.size - counted, files=1)
