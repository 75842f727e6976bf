"""All caches of the operator, and how each is kept in step with the API server."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from trainjob_operator.api.runtime import Runtime, parse_runtime
from trainjob_operator.api.trainjob import RuntimeRef, TrainJob, parse_trainjob
from trainjob_operator.controller.cache.reflector import Reflector
from trainjob_operator.controller.cache.store import Key, Store
from trainjob_operator.controller.cache.summaries import (
    summarize_claim,
    summarize_job,
    summarize_pod,
    summarize_service,
    trainjob_of,
)
from trainjob_operator.controller.kube.client import Body, KubeClient
from trainjob_operator.controller.kube.resources import (
    CLAIMS,
    CLUSTER_TRAINING_RUNTIMES,
    JOBS,
    PODS,
    SERVICES,
    TRAINING_RUNTIMES,
    TRAINJOBS,
)
from trainjob_operator.controller.telemetry.metrics import Metrics
from trainjob_operator.errors import InvalidObjectError
from trainjob_operator.naming import TRAINING_RUNTIME, TRAINJOB_NAME_LABEL
from trainjob_operator.reconciler.children import Child, JobChild, Kind, PodChild
from trainjob_operator.reconciler.life.lifecycle import is_finished

_NOT_DONE = "status.phase!=Succeeded"
_PAUSE = 0.5  # seconds; a TrainJob goes on when a Job has ended, whatever its pods and volumes do


class Caches:
    """What is known of TrainJobs, runtimes and children.

    Args:
        look_now: is told each TrainJob that changed, or may go on because a Job of it has ended.
        look_soon: is told each TrainJob of which another child changed; such changes come in bunches.
    """

    def __init__(self, look_now: Callable[[Key], None], look_soon: Callable[[Key], None]) -> None:
        self._look_now = look_now
        self._look_soon = look_soon
        self.trainjobs = Store[TrainJob | InvalidObjectError](_read_trainjob, _name_of, self._trainjob_changed)
        self.training_runtimes = Store[Runtime | InvalidObjectError](_read_runtime, _name_of, self._runtime_changed)
        self.cluster_training_runtimes = Store[Runtime | InvalidObjectError](
            _read_runtime, _name_of, self._runtime_changed
        )
        self.services = Store[Child](summarize_service, trainjob_of, self._child_changed)
        self.claims = Store[Child](summarize_claim, trainjob_of, self._child_changed)
        self.jobs = Store[JobChild](summarize_job, trainjob_of, self._job_changed)
        self.pods = Store[PodChild](summarize_pod, trainjob_of, self._child_changed)
        self._children: dict[str, Store[Any]] = {
            Kind.SERVICE: self.services,
            Kind.CLAIM: self.claims,
            Kind.JOB: self.jobs,
        }

    def runtime(self, namespace: str, ref: RuntimeRef) -> Runtime | InvalidObjectError | None:
        """Find the runtime that a TrainJob in a namespace refers to."""
        if ref.kind == TRAINING_RUNTIME:
            return self.training_runtimes.get(namespace, ref.name)
        return self.cluster_training_runtimes.get("", ref.name)

    def echo(self, kind: str, body: Body) -> None:
        """Take a child that answered a request of our own; ConfigMaps are not cached."""
        store = self._children.get(kind)
        if store is not None:
            store.echo(body)

    def mark_deleting(self, kind: str, namespace: str, name: str, uid: str) -> None:
        """Show a child that we deleted as being deleted, until the watch tells that it is gone."""
        store = self._children.get(kind)
        if store is not None:
            store.revise(namespace, name, lambda child: replace(child, deleting=True) if child.uid == uid else child)

    def reflectors(self, kube: KubeClient, metrics: Metrics, namespaces: Iterable[str]) -> list[Reflector]:
        """Make the reflectors of all kinds but TrainJobs, of which kopf tells; without namespaces for all of them.

        Of a pod that has succeeded its Job tells enough: to the watch it is gone.
        """
        selector = TRAINJOB_NAME_LABEL
        everywhere = tuple(namespaces) or (None,)
        watched = (
            (TRAINING_RUNTIMES, self.training_runtimes, "", "", 0.0),
            (SERVICES, self.services, selector, "", _PAUSE),
            (CLAIMS, self.claims, selector, "", _PAUSE),
            (JOBS, self.jobs, selector, "", 0.0),
            (PODS, self.pods, selector, _NOT_DONE, _PAUSE),
        )
        return [
            Reflector(kube, CLUSTER_TRAINING_RUNTIMES, self.cluster_training_runtimes, metrics),
            *(
                Reflector(
                    kube,
                    resource,
                    store,
                    metrics,
                    namespace=namespace,
                    label_selector=labels,
                    field_selector=fields,
                    pause=pause,
                )
                for resource, store, labels, fields, pause in watched
                for namespace in everywhere
            ),
        ]

    def sizes(self) -> dict[str, Callable[[], int]]:
        """Give a way to count the objects of each cache."""
        return {
            TRAINJOBS.plural: self.trainjobs.__len__,
            TRAINING_RUNTIMES.plural: self.training_runtimes.__len__,
            CLUSTER_TRAINING_RUNTIMES.plural: self.cluster_training_runtimes.__len__,
            SERVICES.plural: self.services.__len__,
            CLAIMS.plural: self.claims.__len__,
            JOBS.plural: self.jobs.__len__,
            PODS.plural: self.pods.__len__,
        }

    def _trainjob_changed(self, key: Key, *_: object) -> None:
        self._look_now(key)

    def _child_changed(self, owner: Key, *_: object) -> None:
        self._look_soon(owner)

    def _job_changed(self, owner: Key, before: JobChild | None, after: JobChild | None) -> None:
        is_over = after is not None and after.outcome is not None
        was_over = before is not None and before.outcome is not None
        if is_over and not was_over:
            self._look_now(owner)
        else:
            self._look_soon(owner)

    def _runtime_changed(self, key: Key, *_: object) -> None:
        """Have the unfinished TrainJobs looked at that may have waited for this runtime."""
        for owner in self.trainjobs.owners():
            job = self.trainjobs.get(*owner)
            if (
                isinstance(job, TrainJob)
                and job.spec.runtime_ref.name == key.name
                and key.namespace in {"", owner.namespace}
                and not is_finished(job)
            ):
                self._look_now(owner)


def _name_of(body: Body) -> str:
    return str(body["metadata"]["name"])


def _read_trainjob(body: Body) -> TrainJob | InvalidObjectError:
    try:
        return parse_trainjob(body)
    except InvalidObjectError as error:
        return error


def _read_runtime(body: Body) -> Runtime | InvalidObjectError:
    try:
        return parse_runtime(body)
    except InvalidObjectError as error:
        return error
