"""What was used and asked between two moments."""

import os
import time
from dataclasses import dataclass, field

from tests.bench import audit, operator_process, procfs
from tests.bench.audit import Tally
from tests.bench.operator_process import OperatorProcess
from tests.bench.procfs import Memory
from tests.bench.testbed import ADMINISTRATOR, Testbed


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
    _audit: int = field(init=False)

    def __post_init__(self) -> None:
        if self.operator is not None:
            procfs.reset_peak(self.operator.pid)
            self._operator = procfs.cpu_seconds(self.operator.pid)
        self._apiserver = procfs.cpu_seconds(self.bed.apiserver)
        self._audit = self.bed.audit_size()
        self._load = os.getloadavg()[0]
        self._machine = procfs.machine_seconds()
        self._began = time.monotonic()

    def end(self) -> Usage:
        """Measure."""
        seconds = time.monotonic() - self._began
        used, idle = (now - then for now, then in zip(procfs.machine_seconds(), self._machine, strict=True))
        is_operated = self.operator is not None
        user = operator_process.USER if is_operated else ADMINISTRATOR
        return Usage(
            seconds=seconds,
            load=(self._load, os.getloadavg()[0]),
            busy=used / (used + idle),
            apiserver_cpu=procfs.cpu_seconds(self.bed.apiserver) - self._apiserver,
            operator_cpu=procfs.cpu_seconds(self.operator.pid) - self._operator if self.operator else None,
            operator_memory=procfs.memory(self.operator.pid) if self.operator else None,
            requests=audit.read(self.bed.cluster.audit_log, user, self._audit),
        )
