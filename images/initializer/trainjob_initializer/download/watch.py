"""A thread beside the download: prints progress, and notices when nothing arrives any more."""

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Self

from trainjob_initializer.download.activity import Activity

_TICK_S = 0.2


class Watch(AbstractContextManager["Watch"]):
    """Call `report` every `every_s` seconds, and `on_stall` once nothing was heard for `stall_s`."""

    def __init__(
        self,
        activity: Activity,
        *,
        stall_s: float,
        every_s: float,
        on_stall: Callable[[], None],
        report: Callable[[], None] | None = None,
    ) -> None:
        self._activity = activity
        self._stall_s = stall_s
        self._every_s = every_s
        self._on_stall = on_stall
        self._report = report
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._run, name="watch", daemon=True)

    def __enter__(self) -> Self:
        self._activity.hear()
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._done.set()
        self._thread.join()

    def _run(self) -> None:
        waited = 0.0
        while not self._done.wait(_TICK_S):
            waited += _TICK_S
            if self._activity.silent_s() > self._stall_s:
                self._on_stall()
            if waited >= self._every_s and self._report is not None:
                waited = 0.0
                self._report()
