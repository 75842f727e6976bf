from datetime import UTC, datetime

from tests.bench.tally import Tally, tally
from tests.devcluster.audit import Request


def request(verb: str, resource: str, code: int, subresource: str = "") -> Request:
    return Request("operator", verb, resource, subresource, "default", "one", code, datetime.now(UTC))


def test_tally_sets_leases_apart() -> None:
    requests = [
        request("create", "jobs", 201),
        request("create", "jobs", 409),
        request("patch", "trainjobs", 200, "status"),
        request("watch", "pods", 200),
        request("get", "configmaps", 200),
        request("update", "leases", 200),
    ]
    counted = tally(requests)
    assert counted == Tally(
        counts={"create jobs": 2, "patch trainjobs/status": 1, "watch pods": 1, "get configmaps": 1},
        refused={"create jobs: 409": 1},
        leases=1,
    )
    assert (counted.total, counted.writes, counted.beside_watches) == (5, 3, 4)
