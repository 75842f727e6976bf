"""What the operator asks of the API server for a TrainJob, by the audit log."""

import pytest
from tests.cluster.kube import Kube
from tests.cluster.replicas import Replicas
from tests.cluster.stub import stub_runtime, trainjob
from tests.cluster.trainjobs import await_complete
from tests.cluster.waiting import eventually
from tests.devcluster.audit import Audit, Request
from tests.devcluster.operator_process import OperatorProcess

pytestmark = pytest.mark.alone  # counts requests: on a busy machine fewer changes are seen together
NAMES = ("one", "two", "three")
MOST = 9


def test_a_trainjob_costs_nine_requests_at_most_none_is_refused_and_no_pod_is_kept(
    kube: Kube, namespace: str, replicas: Replicas
) -> None:
    kube.create(stub_runtime(namespace))
    audit = Audit(kube.cluster.audit_log, replicas.user(""))
    operator = replicas.start("only")
    operator.await_leading()
    eventually(audit.is_quiet)
    before = len(audit.requests())

    for name in NAMES:
        kube.create(trainjob(namespace, name))
    for name in NAMES:
        await_complete(kube, namespace, name)
    eventually(lambda: len(kube.list("Event", namespace, fieldSelector="reason=AllJobsCompleted")) == len(NAMES))
    eventually(lambda: _kept(operator, "jobs") == 3 * len(NAMES) and _kept(operator, "pods") == 0)
    operator.stop()

    requests = audit.requests()
    assert [str(request) for request in requests if request.code >= 400 and not _looks_for_the_lease(request)] == []
    paid = [request for request in requests[before:] if not _is_standing_charge(request)]
    costs = {
        name: [str(request) for request in paid if name in request.name.split(".")[0].split("-")] for name in NAMES
    }
    assert sum(map(len, costs.values())) == len(paid), "a request that is for no TrainJob"
    assert [(len(cost), cost) for cost in costs.values() if len(cost) > MOST] == []
    of_users = [request for request in requests if request.resource == "trainjobs" and request.is_write]
    assert {request.subresource for request in of_users} == {"status"}
    print({name: len(cost) for name, cost in costs.items()})


def _kept(operator: OperatorProcess, plural: str) -> float:
    """Count the objects of a kind that the operator keeps."""
    start = f'trainjob_operator_reflector_objects{{resource="{plural}"}} '
    lines = operator.metrics().splitlines()
    return next((float(line.removeprefix(start)) for line in lines if line.startswith(start)), -1.0)


def _looks_for_the_lease(request: Request) -> bool:
    """Tell whether it is the first look at a Lease that nobody has made yet."""
    return (request.verb, request.resource, request.code) == ("get", "leases", 404)


def _is_standing_charge(request: Request) -> bool:
    """Tell whether it is made however many TrainJobs there are."""
    return request.verb == "watch" or request.is_about_the_lease
