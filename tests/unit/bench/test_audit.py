import json
from pathlib import Path

import pytest
from tests.bench.audit import Request, Tally, parse, read, tally

OPERATOR = "system:serviceaccount:system:operator"


def line(verb: str = "create", resource: str = "jobs", code: int = 201, **more: object) -> bytes:
    event = {
        "stage": "ResponseComplete",
        "requestURI": f"/apis/batch/v1/namespaces/default/{resource}?fieldManager=x",
        "verb": verb,
        "user": {"username": OPERATOR},
        "objectRef": {"resource": resource, "namespace": "default", "name": "one"},
        "responseStatus": {"code": code},
    }
    return json.dumps({**event, **more}).encode() + b"\n"


@pytest.mark.parametrize(
    ("logged", "expected"),
    [
        pytest.param(line(), [Request(OPERATOR, "create", "jobs", 201)], id="a request"),
        pytest.param(
            line("patch", "trainjobs", 200, objectRef={"resource": "trainjobs", "subresource": "status"}),
            [Request(OPERATOR, "patch", "trainjobs/status", 200)],
            id="a subresource",
        ),
        pytest.param(
            line("get", code=200, objectRef=None, requestURI="/version?timeout=1s"),
            [Request(OPERATOR, "get", "/version", 200)],
            id="no resource",
        ),
        pytest.param(
            line("watch", code=200, stage="ResponseStarted"),
            [Request(OPERATOR, "watch", "jobs", 200)],
            id="a watch begins",
        ),
        pytest.param(line("watch", code=200), [], id="a watch ends"),
        pytest.param(line("list", code=200, stage="ResponseStarted"), [], id="an answer begins"),
        pytest.param(line()[:-2], [], id="half a line"),
        pytest.param(line()[:-1], [], id="a line without its end"),
    ],
)
def test_parse(logged: bytes, expected: list[Request]) -> None:
    assert list(parse([logged])) == expected


def test_tally_counts_one_user_and_sets_leases_apart() -> None:
    requests = [
        Request(OPERATOR, "create", "jobs", 201),
        Request(OPERATOR, "create", "jobs", 409),
        Request(OPERATOR, "watch", "pods", 200),
        Request(OPERATOR, "get", "configmaps", 200),
        Request(OPERATOR, "update", "leases", 200),
        Request("admin", "create", "trainjobs", 201),
    ]
    counted = tally(requests, OPERATOR)
    assert counted == Tally(
        counts={"create jobs": 2, "watch pods": 1, "get configmaps": 1}, refused={"create jobs: 409": 1}, leases=1
    )
    assert (counted.total, counted.writes, counted.beside_watches) == (4, 2, 3)


def test_read_begins_where_it_is_told(tmp_path: Path) -> None:
    log = tmp_path / "audit.log"
    log.write_bytes(line("create", "services"))
    begin = log.stat().st_size
    with log.open("ab") as file:
        file.write(line("delete", code=200) + line()[:40])
    assert read(log, OPERATOR, begin).counts == {"delete jobs": 1}
