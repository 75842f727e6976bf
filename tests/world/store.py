"""An in-memory world for property tests: it speaks Observed and Plan, never HTTP.

``Store`` is the truth (what an API server holds), ``View`` is what an operator's caches show of it: each kind of object
on its own, possibly late. ``World`` adds the controllers of Kubernetes, which the test moves step by step.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count

from trainjob_operator.api.meta import ObjectMeta
from trainjob_operator.api.runtime import Runtime
from trainjob_operator.api.trainjob import TrainJob
from trainjob_operator.naming import ATTEMPT_LABEL, REPLICATED_JOB_LABEL, TRAINJOB_NAME_LABEL
from trainjob_operator.reconciler.children import (
    Child,
    JobChild,
    Kind,
    PodChild,
)
from trainjob_operator.reconciler.merge.placement import digest
from trainjob_operator.reconciler.state import Create, Delete, Expire, Inspect, Manifest, Observed, Patch, Plan

START = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class View:
    """What the caches show, kind by kind; of the TrainJob nothing once they know that it is deleted."""

    job: TrainJob | None
    snapshot: Runtime | None
    children: tuple[Child, ...] = ()
    jobs: tuple[JobChild, ...] = ()
    pods: tuple[PodChild, ...] = ()


@dataclass
class Store:
    """The objects of one TrainJob, and the clock."""

    job: TrainJob
    runtime: Runtime
    now: datetime = START
    snapshot: Runtime | None = None
    children: dict[tuple[str, str], Child] = field(default_factory=dict)
    jobs: dict[str, JobChild] = field(default_factory=dict)
    pods: dict[str, PodChild] = field(default_factory=dict)
    placements: dict[str, str] = field(default_factory=dict)
    """Of Jobs by name: where their pods run, as the digest of it."""
    created: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    """UIDs of the Jobs that have failed."""
    is_deleted: bool = False
    are_pods_slow: bool = False
    """Pods of a deleted Job take their time to end."""
    _uids: Iterator[int] = field(default_factory=count)

    def view(self) -> View:
        """Show everything as it is now."""
        return View(
            job=None if self.is_deleted else self.job,
            snapshot=self.snapshot,
            children=tuple(self.children.values()),
            jobs=tuple(self.jobs.values()),
            pods=tuple(pod for pod in self.pods.values() if pod.phase != "Succeeded"),
        )

    def observe(self, view: View) -> Observed:
        """Put a view and the clock into what the core takes; there has to be a TrainJob in the view."""
        assert view.job is not None
        return Observed(
            job=view.job,
            runtime=self.runtime,
            snapshot=view.snapshot,
            now=self.now,
            children=view.children,
            jobs=view.jobs,
            pods=view.pods,
        )

    def execute(self, plan: Plan, stop_after: int | None = None, seen: TrainJob | None = None) -> None:
        """Carry out a plan as the shell does.

        Args:
            plan: the plan.
            stop_after: the number of writes after which it is killed.
            seen: the TrainJob as it was looked at; the status of another version of it is not written over.
        """
        for done, action in enumerate(plan.actions):
            if done == stop_after:
                return
            match action:
                case Create(manifest=manifest):
                    self._create(manifest)
                case Delete(kind=Kind.JOB, name=name, uid=uid):
                    self._delete_job(name, uid)
                case Delete(kind=kind, name=name, uid=uid):
                    self._delete_child(kind, name, uid)
                case Patch(job=name, uid=uid, operations=operations):
                    self._patch_job(name, uid, operations)
                case Expire():
                    self.is_deleted = True
                case Inspect():
                    pass
        is_current = seen is None or seen.metadata.resource_version == self.job.metadata.resource_version
        if plan.status is not None and stop_after is None and not self.is_deleted and is_current:
            self.job = self.job.model_copy(update={"status": plan.status, "metadata": self._next_metadata()})

    def _next_metadata(self, **changes: object) -> ObjectMeta:
        """Count the versions of the TrainJob."""
        version = {"resource_version": str(int(self.job.metadata.resource_version or "0") + 1)}
        return self.job.metadata.model_copy(update=version | changes)

    def _create(self, manifest: Manifest) -> None:
        kind, name = str(manifest["kind"]), str(manifest["metadata"]["name"])
        if kind == Kind.CONFIG_MAP:
            if self.snapshot is None:
                self.snapshot = self.runtime
                self.created.append(name)
            return
        taken = self.jobs if kind == Kind.JOB else {n for k, n in self.children if k == kind}
        if name in taken:
            return  # 409: the shell reads it and decides again
        self.created.append(name)
        owners = manifest["metadata"].get("ownerReferences", ())
        child = Child(
            kind=Kind(kind),
            name=name,
            uid=f"uid-{next(self._uids)}",
            owner_uid=owners[0]["uid"] if owners else None,
            owner_kind=owners[0]["kind"] if owners else None,
            labelled=manifest["metadata"]["labels"][TRAINJOB_NAME_LABEL],
            deleting=False,
        )
        if kind == Kind.JOB:
            self.jobs[name] = JobChild(
                attempt=int(manifest["metadata"]["labels"][ATTEMPT_LABEL]),
                kind=child.kind,
                name=child.name,
                uid=child.uid,
                owner_uid=child.owner_uid,
                owner_kind=child.owner_kind,
                labelled=child.labelled,
                deleting=False,
                replicated_job=manifest["metadata"]["labels"][REPLICATED_JOB_LABEL],
                created=self.now.replace(microsecond=0),
                lacking_since=None,
                parallelism=manifest["spec"]["parallelism"],
                suspended=bool(manifest["spec"].get("suspend")),
                active=0,
                ready=0,
                succeeded=0,
                failed=0,
                outcome=None,
                placement=digest(manifest["spec"]["template"]) if manifest["spec"].get("suspend") else None,
            )
            self.placements[name] = digest(manifest["spec"]["template"])
        else:
            self.children[kind, name] = child

    def _delete_child(self, kind: Kind, name: str, uid: str) -> None:
        if (kind, name) in self.children and self.children[kind, name].uid == uid:
            del self.children[kind, name]

    def _delete_job(self, name: str, uid: str) -> None:
        if name in self.jobs and self.jobs[name].uid == uid:
            del self.jobs[name]
            mine = {n: pod for n, pod in self.pods.items() if pod.job_uid == uid}
            slow = {n: replace(pod, deleting=True) for n, pod in mine.items() if self.are_pods_slow and pod.is_live}
            self.pods = {n: pod for n, pod in self.pods.items() if n not in mine} | slow

    def _patch_job(self, name: str, uid: str, operations: tuple[Manifest, ...]) -> None:
        job = self.jobs.get(name)
        if job is None or job.uid != uid or job.outcome is not None:
            return
        template: dict[str, dict[str, object]] = {"metadata": {}, "spec": {}}
        for operation in operations:
            match operation["path"].split("/"):
                case [*_, "template", "metadata", what]:
                    template["metadata"][what] = operation["value"]
                case [*_, "template", "spec", what]:
                    template["spec"][what] = operation["value"]
                case ["", "spec", "suspend"]:
                    self._suspend_job(job, suspend=operation["value"])
        if template["spec"]:
            self.placements[name] = digest(template)

    def _suspend_job(self, job: JobChild, *, suspend: bool) -> None:
        placement = self.placements[job.name] if suspend else None
        self.jobs[job.name] = replace(
            job, suspended=suspend, lacking_since=None, placement=placement, active=0, ready=0
        )
        if suspend:
            self.pods = {name: pod for name, pod in self.pods.items() if pod.job != job.name}

    def set_suspend(self, *, suspend: bool) -> None:
        """Let a user suspend or resume the TrainJob."""
        self.change(suspend=suspend)

    def change(self, **spec: object) -> None:
        """Let a user change the spec of a TrainJob that is there."""
        if self.is_deleted:
            return
        metadata = self._next_metadata(generation=(self.job.metadata.generation or 0) + 1)
        self.job = self.job.model_copy(update={"spec": self.job.spec.model_copy(update=spec), "metadata": metadata})

    def delete_by_hand(self, name: str) -> None:
        """Let a user delete a child."""
        for key in [key for key in self.children if key[1] == name]:
            del self.children[key]
        if name in self.jobs:
            self._delete_job(name, self.jobs[name].uid)

    def pass_time(self, seconds: float) -> None:
        """Move the clock."""
        self.now += timedelta(seconds=seconds)
