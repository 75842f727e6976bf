"""What becomes of TrainJobs while nobody watches is known after, with one list each time, and kopf writes nothing.

They name a runtime that is not there: the operator does nothing for them but write which generation it has seen.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from http import HTTPStatus

import pytest
from aiohttp import web
from tests.cluster.kube import Kube
from tests.cluster.replicas import Replicas
from tests.cluster.stub import trainjob
from tests.cluster.waiting import eventually
from tests.cluster.watch_proxy import Spoiled, WatchProxy
from tests.devcluster.audit import Audit
from tests.devcluster.operator_process import OperatorProcess

MANY = 1000
Gap = Callable[[OperatorProcess, WatchProxy], AbstractContextManager[None]]


@contextmanager
def down(operator: OperatorProcess, _proxy: WatchProxy) -> Iterator[None]:
    operator.stop()
    yield
    operator.start()
    operator.await_leading()


@contextmanager
def killed(operator: OperatorProcess, _proxy: WatchProxy) -> Iterator[None]:
    operator.kill()
    operator.end()
    yield
    operator.start()


@contextmanager
def cut(_operator: OperatorProcess, proxy: WatchProxy) -> Iterator[None]:
    proxy.cut()
    yield
    proxy.mend()


@contextmanager
def expired(_operator: OperatorProcess, proxy: WatchProxy) -> Iterator[None]:
    proxy.cut()
    yield
    proxy.mend(has_expired=True)


@pytest.mark.parametrize(("gap", "lists"), [(down, 2), (killed, 2), (cut, 1), (expired, 2)])
def test_what_happens_while_nobody_watches_is_known_after(
    kube: Kube, namespace: str, replicas: Replicas, gap: Gap, lists: int
) -> None:
    audit = Audit(kube.cluster.audit_log, replicas.user(""))
    for name in ("stays", "changes", "goes", "made-anew"):
        kube.create(trainjob(namespace, name))
    with WatchProxy(kube.cluster) as proxy:
        operator = replicas.make("only", server=proxy.url)
        operator.start()
        eventually(lambda: _is_known(kube, namespace, operator, 4))

        with gap(operator, proxy):
            kube.create(trainjob(namespace, "comes"))
            kube.patch("TrainJob", namespace, "changes", {"spec": {"ttlSecondsAfterFinished": 7}})
            for name in ("goes", "made-anew"):
                kube.delete("TrainJob", namespace, name)
            kube.create(trainjob(namespace, "made-anew"))
        eventually(lambda: _is_known(kube, namespace, operator, 4))

        kube.delete("TrainJob", namespace, "stays")
        eventually(lambda: _is_known(kube, namespace, operator, 3))
        operator.stop()

    about = [request for request in audit.requests() if request.resource == "trainjobs"]
    assert [request.verb for request in about].count("list") == lists
    assert {request.what for request in about if request.is_write} == {"patch trainjobs/status"}
    for job in kube.list("TrainJob", namespace):
        assert job["metadata"].keys().isdisjoint({"annotations", "finalizers"})


def test_a_thousand_are_there_at_the_start_after_one_list(kube: Kube, namespace: str, replicas: Replicas) -> None:
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda number: kube.create(trainjob(namespace, f"job-{number}")), range(MANY)))
    audit = Audit(kube.cluster.audit_log, replicas.user(""))

    operator = replicas.start("only")

    assert _count(operator) == MANY
    operator.stop()
    pages = [request for request in audit.requests() if request.what == "list trainjobs"]
    assert len(pages) == MANY / 500


def _error_event(request: web.Request) -> web.Response | None:
    status = {"kind": "Status", "status": "Failure", "code": 500, "message": "etcdserver: no leader"}
    return web.json_response({"type": "ERROR", "object": status}) if "watch" in request.query else None


def _gone(_: web.Request) -> web.Response:
    return _refusal(404, "NotFound", "the server could not find the requested resource")


def _took_too_long(request: web.Request) -> web.Response:
    if "continue" not in request.query:
        return web.json_response({"metadata": {"resourceVersion": "1", "continue": "next"}, "items": []})
    return _refusal(410, "Expired", "The provided continue parameter is too old")


def _refusal(code: int, reason: str, message: str) -> web.Response:
    status = {"kind": "Status", "status": "Failure", "code": code, "reason": reason, "message": message}
    return web.json_response(status, status=code)


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (_error_event, "etcdserver: no leader"),
        (_gone, "the server could not find the requested resource"),
        (_took_too_long, "The provided continue parameter is too old"),
    ],
)
def test_what_kopf_cannot_go_on_from_ends_the_process_and_the_next_one_goes_on(
    kube: Kube, namespace: str, replicas: Replicas, spoil: Spoiled, said: str
) -> None:
    kube.create(trainjob(namespace, "tune"))
    with WatchProxy(kube.cluster) as proxy:
        operator = replicas.make("only", server=proxy.url)
        proxy.spoil(spoil)
        operator.start()

        assert operator.end() == 1
        last = operator.log.read_text().splitlines()[-1]
        assert "CRITICAL kopf cannot go on, and ends the process, which is to be started again" in last
        assert said in last

        proxy.spoil(lambda _: None)
        operator.start()
        eventually(lambda: _is_known(kube, namespace, operator, 1))
        operator.stop()


def test_readiness_names_what_is_waited_for(kube: Kube, namespace: str, replicas: Replicas) -> None:
    kube.create(trainjob(namespace, "tune"))
    with WatchProxy(kube.cluster) as proxy:
        proxy.cut()
        operator = replicas.make("only", server=proxy.url)
        operator.start()

        eventually(
            lambda: operator.readiness() == (HTTPStatus.SERVICE_UNAVAILABLE, "caches are being filled: trainjobs")
        )

        proxy.mend()
        operator.await_ready()
        operator.stop()


def _is_known(kube: Kube, namespace: str, operator: OperatorProcess, count: int) -> bool:
    """Tell whether the operator knows so many, and has seen each as it is now."""
    jobs = kube.list("TrainJob", namespace)
    seen = [job.get("status", {}).get("observedGeneration") == job["metadata"]["generation"] for job in jobs]
    return len(jobs) == count == _count(operator) and all(seen)


def _count(operator: OperatorProcess) -> float:
    start = 'trainjob_operator_reflector_objects{resource="trainjobs"} '
    lines = operator.metrics().splitlines()
    return next((float(line.removeprefix(start)) for line in lines if line.startswith(start)), -1.0)
