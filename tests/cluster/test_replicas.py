"""Two replicas: one works, and the other takes over when it is killed, stopped or frozen. Never do both work."""

import time
from datetime import datetime
from itertools import pairwise

import pytest
from tests.cluster.kube import Kube
from tests.cluster.replicas import Replicas
from tests.cluster.stub import stub_runtime, trainjob
from tests.cluster.trainjobs import await_complete, children_in
from tests.cluster.waiting import eventually
from tests.devcluster.audit import Audit
from tests.devcluster.operator_process import OperatorProcess

pytestmark = pytest.mark.alone  # measures how long it takes until somebody leads
HANDS_OVER_WITHIN_S = 40.0
RELEASES_WITHIN_S = 10.0  # a Lease that was not given back lasts 15 s
SHORT_LEASE = {"lease_duration": "6", "lease_renew_deadline": "4", "lease_retry_period": "1"}


def _two(replicas: Replicas, **settings: str) -> tuple[OperatorProcess, OperatorProcess]:
    """Start a leader and one that waits."""
    first = replicas.start("first", **settings)
    eventually(lambda: replicas.leader() == "first")
    return first, replicas.start("second", **settings)


def _seconds_until_work_on(kube: Kube, namespace: str, name: str) -> float:
    """Create a TrainJob, and give the time that it takes until somebody makes its first child."""
    began = time.monotonic()
    kube.create(trainjob(namespace, name))
    eventually(lambda: any(name in child["metadata"]["name"] for child in children_in(kube, namespace)), every_s=0.05)
    return time.monotonic() - began


def _assert_one_worked_after_the_other(audit: Audit, *users: str) -> None:
    """Each replica made its last change before the next one had the Lease."""
    for user, successor in pairwise(users):
        took_over = min(
            request.at
            for request in audit.requests()
            if request.user == successor
            and request.is_about_the_lease
            and request.verb in {"create", "update"}
            and request.code < 300
        )
        changes = [request.at for request in audit.writes() if request.user == user]
        assert max(changes, default=datetime.min.replace(tzinfo=took_over.tzinfo)) < took_over
    assert {request.user for request in audit.writes()} == set(users)


def test_the_other_replica_takes_over_from_one_that_was_killed_and_from_one_that_was_stopped(
    kube: Kube, namespace: str, replicas: Replicas
) -> None:
    kube.create(stub_runtime(namespace))
    audit = Audit(kube.cluster.audit_log, replicas.user(""))
    first, second = _two(replicas)
    _seconds_until_work_on(kube, namespace, "before")

    first.kill()
    assert _seconds_until_work_on(kube, namespace, "killed") < HANDS_OVER_WITHIN_S

    replicas.start("third")
    second.stop()
    assert _seconds_until_work_on(kube, namespace, "stopped") < RELEASES_WITHIN_S
    for name in ("before", "killed", "stopped"):
        await_complete(kube, namespace, name)
    _assert_one_worked_after_the_other(audit, *map(replicas.user, ("first", "second", "third")))


def test_a_leader_that_wakes_up_too_late_changes_nothing(kube: Kube, namespace: str, replicas: Replicas) -> None:
    kube.create(stub_runtime(namespace))
    audit = Audit(kube.cluster.audit_log, replicas.user(""))
    first, _ = _two(replicas, **SHORT_LEASE)
    _seconds_until_work_on(kube, namespace, "before")
    await_complete(kube, namespace, "before")

    first.freeze()
    _seconds_until_work_on(kube, namespace, "frozen")
    first.thaw()

    assert first.end() == 1
    assert "the Lease is lost" in first.log.read_text()
    await_complete(kube, namespace, "frozen")
    _assert_one_worked_after_the_other(audit, *map(replicas.user, ("first", "second")))


def test_a_replica_that_may_not_read_a_kind_says_so_and_ends_when_it_is_told_to(kube: Kube, replicas: Replicas) -> None:
    role = kube.get("ClusterRole", "", replicas.namespace)
    rules = [rule for rule in role["rules"] if "jobs" not in rule.get("resources", ())]
    kube.patch("ClusterRole", "", replicas.namespace, {"rules": rules})
    replica = replicas.make("only")
    replica.start()
    eventually(lambda: "WARNING reading jobs again after" in replica.log.read_text())
    assert "cannot list resource" in replica.log.read_text()
    eventually(lambda: replica.readiness()[1] == "caches are being filled: jobs")

    began = time.monotonic()
    replica.stop()

    assert time.monotonic() - began < RELEASES_WITHIN_S
    assert "CRITICAL" not in replica.log.read_text()
