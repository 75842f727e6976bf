"""What was measured, as figures to be read: the operator's, the floor's, and their ratio."""

from collections.abc import Iterable
from dataclasses import dataclass

from tests.bench.admission import Admission
from tests.bench.restart import Restart
from tests.bench.run import Run
from tests.bench.tally import Tally
from tests.bench.watching import EVENTS, By, Hearing
from tests.bench.window import Usage

_MS = 1000.0
_MIB = 2.0**20
_PERCENT = 100.0


@dataclass(frozen=True, slots=True)
class Figure:
    """One quantity; None where a side has no such thing."""

    name: str
    unit: str
    operator: float | None
    floor: float | None = None

    @property
    def ratio(self) -> float | None:
        """The operator's in terms of the floor's."""
        if self.operator is None or not self.floor:
            return None
        return self.operator / self.floor


@dataclass(frozen=True, slots=True)
class Section:
    """The figures of one mode, and what has to be known to read them."""

    title: str
    figures: tuple[Figure, ...]
    notes: tuple[str, ...]


def of_runs(title: str, operator: Run, floor: Run) -> Section:
    """Show two runs of the same TrainJobs."""
    own, least = operator.usage, floor.usage
    figures = [
        Figure(
            "requests per TrainJob (floor: creates)",
            "",
            own.requests.total / operator.jobs,
            least.requests.writes / floor.jobs,
        ),
        Figure("of these refused", "", sum(own.requests.refused.values()) / operator.jobs),
        Figure("operator CPU per TrainJob", "ms", _per_job(own.operator_cpu, operator.jobs)),
        Figure(
            "API server CPU per TrainJob",
            "ms",
            _per_job(own.apiserver_cpu, operator.jobs),
            _per_job(least.apiserver_cpu, floor.jobs),
        ),
        Figure("TrainJobs per second", "/s", operator.per_second, floor.per_second),
    ]
    for name, spread in operator.latencies.items():
        least_spread = floor.latencies[name]
        figures += [
            Figure(f"{name}, p50", "ms", spread.p50 * _MS, least_spread.p50 * _MS),
            Figure(f"{name}, p90", "ms", spread.p90 * _MS, least_spread.p90 * _MS),
        ]
    figures += _memory(own)
    notes = (_circumstances("operator", own), _circumstances("floor", least), *_requests(own.requests, operator.jobs))
    return Section(f"{title}: {operator.jobs} TrainJobs", tuple(figures), notes)


def of_hearing(hearing: Hearing, every: float) -> Section:
    """Show what kopf costs beside a reflector, which stands where the floor does elsewhere."""
    kopf, reflector = hearing.cpu[By.KOPF], hearing.cpu[By.REFLECTOR]
    events = hearing.jobs * EVENTS
    figures = (
        Figure("CPU per event (floor: a reflector)", "ms", kopf * _MS / events, reflector * _MS / events),
        Figure("CPU per TrainJob", "ms", kopf * _MS / hearing.jobs, reflector * _MS / hearing.jobs),
    )
    pace = "one a second" if every else "as fast as they can be made"
    notes = (f"load average {hearing.load[0]:.1f} to {hearing.load[1]:.1f}; {EVENTS} events of each TrainJob",)
    return Section(f"hearing of TrainJobs, {pace}: {hearing.jobs}", figures, notes)


def of_admission(admission: Admission) -> Section:
    """Show creates with webhooks beside such without."""
    admitted, plain = admission.admitted, admission.plain
    figures = (
        Figure("create of a TrainJob, p50", "ms", admitted.p50 * _MS, plain.p50 * _MS),
        Figure("create of a TrainJob, p95", "ms", admitted.p95 * _MS, plain.p95 * _MS),
        Figure("added by the webhooks, p50", "ms", (admitted.p50 - plain.p50) * _MS),
        Figure("added by the webhooks, p95", "ms", (admitted.p95 - plain.p95) * _MS),
        Figure("operator CPU per create", "ms", admission.cpu * _MS),
    )
    notes = ("floor: the same without webhook configurations", _circumstances("both", admission.usage))
    return Section(f"admission: {admitted.count} dry runs of a create", figures, notes)


def of_idling(finished: int, operator: Usage, floor: Usage) -> Section:
    """Show two windows in which nothing was to be done."""
    figures = (
        Figure("requests other than watches and the Lease's", "", operator.requests.beside_watches),
        Figure("requests for the Lease", "", operator.requests.leases),
        Figure("operator CPU, of a core", "%", _of_core(operator.operator_cpu, operator.seconds)),
        Figure(
            "API server CPU, of a core",
            "%",
            _of_core(operator.apiserver_cpu, operator.seconds),
            _of_core(floor.apiserver_cpu, floor.seconds),
        ),
        *_memory(operator),
    )
    notes = (_circumstances("operator", operator), _circumstances("floor", floor), *_requests(operator.requests, 1))
    return Section(f"idle for {operator.seconds:.0f} s, {finished} finished TrainJobs", figures, notes)


def of_restart(finished: int, restarted: Restart) -> Section:
    """Show the restarts; there is nothing on the floor to compare them with."""
    figures = (
        Figure("SIGTERM to end, p50", "s", restarted.stopped.p50),
        Figure("SIGTERM to next process leading, p50", "s", restarted.leading.p50),
        Figure("SIGTERM to next first Job, p50", "s", restarted.reconciling.p50),
        Figure("SIGTERM to next first Job, longest", "s", restarted.reconciling.highest),
        Figure("CPU of a new process", "s", restarted.cpu),
        Figure("memory of a new process", "MiB", restarted.memory.resident / _MIB),
        Figure("writes of a new process", "", restarted.requests.writes),
    )
    return Section(f"restart, {finished} finished TrainJobs", figures, _requests(restarted.requests, 1))


def _memory(usage: Usage) -> Iterable[Figure]:
    if usage.operator_memory is not None:
        yield Figure("operator memory", "MiB", usage.operator_memory.resident / _MIB)
        yield Figure("operator memory, peak", "MiB", usage.operator_memory.peak / _MIB)


def _requests(requests: Tally, jobs: int) -> tuple[str, ...]:
    counts = ", ".join(f"{what} {count / jobs:.3g}" for what, count in requests.counts.items())
    refused = ", ".join(f"{what} {count / jobs:.3g}" for what, count in requests.refused.items())
    per_job = "" if jobs == 1 else " per TrainJob"
    return (f"requests{per_job}: {counts or 'none'}", *([f"refused{per_job}: {refused}"] if refused else []))


def _circumstances(side: str, usage: Usage) -> str:
    return f"{side}: load average {usage.load[0]:.1f} to {usage.load[1]:.1f}, cores {usage.busy:.0%} busy"


def _per_job(seconds: float | None, jobs: int) -> float | None:
    return None if seconds is None else seconds * _MS / jobs


def _of_core(seconds: float | None, of: float) -> float | None:
    return None if seconds is None else seconds / of * _PERCENT
