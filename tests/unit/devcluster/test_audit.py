import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.devcluster.audit import Audit, Request, parse

OPERATOR = "system:serviceaccount:system:operator"
AT = "2026-01-01T00:00:00.000001Z"


def line(verb: str = "create", resource: str = "jobs", code: int = 201, **more: object) -> bytes:
    event = {
        "stage": "ResponseComplete",
        "requestURI": f"/apis/batch/v1/namespaces/default/{resource}?fieldManager=x",
        "verb": verb,
        "user": {"username": OPERATOR},
        "objectRef": {"resource": resource, "namespace": "default", "name": "one"},
        "responseStatus": {"code": code},
        "requestReceivedTimestamp": AT,
    }
    return json.dumps({**event, **more}, separators=(",", ":")).encode() + b"\n"


def request(verb: str = "create", resource: str = "jobs", code: int = 201, subresource: str = "") -> Request:
    at = datetime(2026, 1, 1, microsecond=1, tzinfo=UTC)
    return Request(OPERATOR, verb, resource, subresource, "default", "one", code, at)


@pytest.mark.parametrize(
    ("logged", "expected"),
    [
        pytest.param(line(), ["create jobs default/one -> 201"], id="a request"),
        pytest.param(
            line("patch", code=200, objectRef={"resource": "trainjobs", "subresource": "status", "name": "one"}),
            ["patch trainjobs/status /one -> 200"],
            id="a subresource",
        ),
        pytest.param(
            line("get", code=200, objectRef=None, requestURI="/version?timeout=1s"),
            ["get /version / -> 200"],
            id="no resource",
        ),
        pytest.param(
            line("watch", code=200, stage="ResponseStarted"), ["watch jobs default/one -> 200"], id="a watch begins"
        ),
        pytest.param(line("watch", code=200), [], id="a watch ends"),
        pytest.param(line("list", code=200, stage="ResponseStarted"), [], id="an answer begins"),
        pytest.param(line()[:-2], [], id="half a line"),
        pytest.param(line()[:-1], [], id="a line without its end"),
    ],
)
def test_parse(logged: bytes, expected: list[str]) -> None:
    assert [str(request) for request in parse([logged])] == expected


def test_parse_keeps_all_that_is_asked_for() -> None:
    assert list(parse([line()])) == [request()]


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        pytest.param(request(), True, id="a create"),
        pytest.param(request("get"), False, id="a look"),
        pytest.param(request("update", "leases"), False, id="the Lease"),
    ],
)
def test_is_write(asked: Request, expected: bool) -> None:
    assert asked.is_write is expected


def test_audit_begins_where_it_was_made_and_gives_some_users_in_the_order_of_time(tmp_path: Path) -> None:
    log = tmp_path / "audit.log"
    log.write_bytes(line("create", "services"))
    audit = Audit(log, "system:serviceaccount:system:")
    with log.open("ab") as file:
        file.write(line("delete", code=200, requestReceivedTimestamp="2026-01-01T00:00:01Z"))
        file.write(line(user={"username": "admin"}) + line("get", code=200) + line()[:40])
    assert [request.what for request in audit.requests()] == ["get jobs", "delete jobs"]
    assert [request.what for request in audit.writes()] == ["delete jobs"]
