"""What was used and asked between two moments."""

import os
import time
from dataclasses import dataclass, field

from tests.bench import procfs
from tests.bench.procfs import Memory
from tests.bench.tally import Tally, tally
from tests.bench.testbed import ADMINISTRATOR, OPERATOR, Testbed
from tests.devcluster.audit import Audit
from tests.devcluster.operator_process import OperatorProcess


@dataclass(frozen=True, slots=True)
class Usage:
    """The measure of a window; CPU in seconds.

    Attributes:
        load: load averages of the machine at its begin and at its end.
        busy: share of all cores that was used, by whomever; near 1 the machine is what is measured.
        operator_cpu, operator_memory: None without an operator.
        requests: the operator's; without one, ours.
    """

    seconds: float
    load: tuple[float, float]
    busy: float
    apiserver_cpu: float
    operator_cpu: float | None
    operator_memory: Memory | None
    requests: Tally


@dataclass(slots=True)
class Window:
    """Begins when it is made."""

    bed: Testbed
    operator: OperatorProcess | None
    _began: float = field(init=False)
    _load: float = field(init=False)
    _machine: tuple[float, float] = field(init=False)
    _apiserver: float = field(init=False)
    _operator: float = field(init=False, default=0.0)
    _audit: Audit = field(init=False)

    def __post_init__(self) -> None:
        if self.operator is not None:
            procfs.reset_peak(self.operator.pid)
            self._operator = procfs.cpu_seconds(self.operator.pid)
        self._apiserver = procfs.cpu_seconds(self.bed.apiserver)
        self._audit = self.bed.audit(ADMINISTRATOR if self.operator is None else OPERATOR)
        self._load = os.getloadavg()[0]
        self._machine = procfs.machine_seconds()
        self._began = time.monotonic()

    def end(self) -> Usage:
        """Measure."""
        seconds = time.monotonic() - self._began
        used, idle = (now - then for now, then in zip(procfs.machine_seconds(), self._machine, strict=True))
        return Usage(
            seconds=seconds,
            load=(self._load, os.getloadavg()[0]),
            busy=used / (used + idle),
            apiserver_cpu=procfs.cpu_seconds(self.bed.apiserver) - self._apiserver,
            operator_cpu=procfs.cpu_seconds(self.operator.pid) - self._operator if self.operator else None,
            operator_memory=procfs.memory(self.operator.pid) if self.operator else None,
            requests=tally(self._audit.requests()),
        )
