"""How often somebody asked for what."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from http import HTTPStatus

from tests.devcluster.audit import Request


@dataclass(frozen=True, slots=True)
class Tally:
    """Requests by verb and resource, without those for leader election."""

    counts: dict[str, int]
    refused: dict[str, int]
    leases: int

    @property
    def total(self) -> int:
        """All of them, watches too."""
        return sum(self.counts.values())

    @property
    def writes(self) -> int:
        """Those that change something."""
        return sum(count for what, count in self.counts.items() if what.split()[0] not in {"get", "list", "watch"})

    @property
    def beside_watches(self) -> int:
        """Those that are no watches."""
        return sum(count for what, count in self.counts.items() if what.split()[0] != "watch")


def tally(requests: Iterable[Request]) -> Tally:
    """Count requests."""
    counts: Counter[str] = Counter()
    refused: Counter[str] = Counter()
    leases = 0
    for request in requests:
        if request.is_about_the_lease:
            leases += 1
        else:
            counts[request.what] += 1
        if request.code >= HTTPStatus.BAD_REQUEST:
            refused[f"{request.what}: {request.code}"] += 1
    return Tally(dict(counts.most_common()), dict(refused.most_common()), leases)
