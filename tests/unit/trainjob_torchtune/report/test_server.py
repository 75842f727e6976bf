"""A report on its way over https, with a certificate of our own."""

import socket
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from tests.factories.report_server import PATH, Answer, Received, ReportServer

from trainjob_torchtune.report.server import Refused, Server, Taken

REPORT = {"progress": {"phase": "setup"}}


@pytest.fixture
def there(tmp_path: Path) -> Iterator[ReportServer]:
    with ReportServer(tmp_path) as server:
        yield server


def found(there: ReportServer) -> Server:
    server = Server.find(there.environment)
    assert server is not None
    return server


def test_a_report_is_taken_with_the_token_that_the_file_has_now(there: ReportServer) -> None:
    server = found(there)

    answers = [server.post(REPORT)]
    there.token.write_text("second")
    answers.append(server.post(REPORT))

    assert answers == [Taken(1), Taken(1)]
    assert there.received == [Received(PATH, f"Bearer {token}", REPORT) for token in ("first", "second")]


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (Answer(headers={"Trainjob-Next-Report": "42"}), Taken(42)),
        (Answer(headers={"Trainjob-Next-Report": "9" * 9}), Taken(3600)),
        (Answer(headers={"Trainjob-Next-Report": "soon"}), Taken(10)),
        (Answer(headers={}), Taken(10)),
        (Answer(429, {"Retry-After": "7"}, b'{"message": "wait"}'), Refused("429 wait", 7)),
        (Answer(503, {}, b"<html>"), Refused("503 <html>")),
        (Answer(422, {}, b'["no"]'), Refused('422 ["no"]')),
        (Answer(307, {"Location": "https://elsewhere.example"}), Refused("307 {}")),
    ],
    ids=["when to come", "much later", "no number", "no header", "too often", "no JSON", "other JSON", "elsewhere"],
)
def test_each_answer_is_understood(there: ReportServer, answer: Answer, outcome: Taken | Refused) -> None:
    there.answer = lambda: answer

    assert found(there).post(REPORT) == outcome


def test_no_proxy_is_asked(there: ReportServer, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("https_proxy", "HTTPS_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://localhost:1")

    assert found(there).post(REPORT) == Taken(1)


def refusal(answer: Taken | Refused) -> str:
    assert isinstance(answer, Refused)
    return answer.why


def test_whom_the_file_does_not_know_gets_no_token(there: ReportServer, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    with ReportServer(tmp_path / "other") as other:
        why = refusal(replace(found(there), ca=other.ca).post(REPORT))

    assert "certificate verify failed" in why
    assert there.received == []


def test_another_name_is_not_the_operator(there: ReportServer) -> None:
    assert "127.0.0.1" in refusal(replace(found(there), host="127.0.0.1").post(REPORT))
    assert there.received == []


@pytest.mark.parametrize("missing", ["ca", "token"])
def test_a_missing_file_is_told(there: ReportServer, missing: str) -> None:
    getattr(there, missing).unlink()

    assert refusal(found(there).post(REPORT)).startswith("FileNotFoundError: ")
    assert there.received == []


def test_a_token_that_is_none_is_told(there: ReportServer) -> None:
    there.token.write_text("one\r\nX-More: two")

    assert refusal(found(there).post(REPORT)).startswith("ValueError: Invalid header value")


def test_nobody_there_is_told(there: ReportServer) -> None:
    with closing(socket.socket()) as bound:
        bound.bind(("127.0.0.1", 0))
        why = refusal(replace(found(there), port=bound.getsockname()[1]).post(REPORT))

    assert why.startswith("ConnectionRefusedError: ")


@pytest.mark.parametrize(
    "change",
    [
        {"KUBEFLOW_TRAINER_SERVER_URL": ""},
        {"KUBEFLOW_TRAINER_SERVER_URL": "http://localhost/path"},
        {"KUBEFLOW_TRAINER_SERVER_URL": "https:///path"},
        {"KUBEFLOW_TRAINER_SERVER_URL": "https://localhost:x/path"},
        {"KUBEFLOW_TRAINER_SERVER_URL": "https://[::1/path"},
        {"KUBEFLOW_TRAINER_SERVER_CA_CERT": ""},
        {"KUBEFLOW_TRAINER_SERVER_TOKEN": ""},
    ],
    ids=str,
)
def test_without_all_of_it_there_is_nobody_to_report_to(there: ReportServer, change: dict[str, str]) -> None:
    assert Server.find(there.environment | change) is None
    assert Server.find({}) is None


def test_an_address_without_a_port_is_that_of_https(there: ReportServer) -> None:
    server = Server.find(there.environment | {"KUBEFLOW_TRAINER_SERVER_URL": "https://operator.system.svc"})

    assert server is not None
    assert (server.host, server.port, server.path) == ("operator.system.svc", 443, "/")
