"""An in-memory world for property tests: it speaks Observed and Plan, never HTTP.

``World`` is the truth (what an API server would hold), ``View`` is what an operator's caches show of it: each kind of
object on its own, possibly late. Controllers of Kubernetes are moved step by step by the test.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count

from trainjob_operator.api.runtime import Runtime
from trainjob_operator.api.trainjob import TrainJob
from trainjob_operator.naming import REPLICATED_JOB_LABEL, TRAINJOB_NAME_LABEL
from trainjob_operator.reconciler.children import Child, Exit, JobChild, Kind, Outcome, PodChild, Trouble
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
class World:
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
    is_deleted: bool = False
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

    def execute(self, plan: Plan, stop_after: int | None = None) -> None:
        """Carry out a plan as the shell does; ``stop_after`` is the number of writes after which it is killed."""
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
        if plan.status is not None and stop_after is None and not self.is_deleted:
            self.job = self.job.model_copy(update={"status": plan.status})

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
            self.pods = {n: pod for n, pod in self.pods.items() if pod.job != name}

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
        metadata = self.job.metadata.model_copy(update={"generation": (self.job.metadata.generation or 0) + 1})
        self.job = self.job.model_copy(update={"spec": self.job.spec.model_copy(update=spec), "metadata": metadata})

    def take_up(self, name: str) -> None:
        """Let the Job controller see a Job whose pods it cannot create."""
        job = self.jobs.get(name)
        if job is not None and job.outcome is None and not job.active and not job.suspended:
            self.jobs[name] = replace(job, lacking_since=self.now)

    def start_pods(self, name: str) -> None:
        """Let the Job controller and the kubelet start a Job's pods."""
        job = self.jobs.get(name)
        if job is None or job.outcome is not None or job.ready or job.suspended:
            return
        self.jobs[name] = replace(job, lacking_since=None, active=job.parallelism, ready=job.parallelism)
        for index in range(job.parallelism):
            pod = f"{name}-{index}-abcde"
            self.pods[pod] = PodChild(
                name=pod,
                uid=f"uid-{next(self._uids)}",
                trainjob_uid=job.owner_uid,
                job=name,
                phase="Running",
                node="node-0",
                deleting=False,
                trouble=None,
                exit=None,
            )

    def strand_pods(self, name: str) -> None:
        """Let the Job controller make a Job's pods, for which the scheduler finds no node before they are started."""
        job = self.jobs.get(name)
        if job is None or job.outcome is not None or job.active or job.suspended:
            return
        self.start_pods(name)
        self.jobs[name] = replace(self.jobs[name], ready=0)
        trouble = Trouble("Unschedulable", "0/1 nodes are available", since=self.now)
        for pod in [pod for pod in self.pods.values() if pod.job == name]:
            self.pods[pod.name] = replace(pod, phase="Pending", node=None, trouble=trouble)

    def end_pods(self, name: str, *, succeed: bool) -> None:
        """Let all pods of a running Job end, and its controller conclude."""
        job = self.jobs.get(name)
        if job is None or not job.ready:
            return
        at = self.now.replace(microsecond=0)
        end = None if succeed else Exit(container="c", exit_code=1, reason="Error", message="it broke", at=at)
        for pod in [pod for pod in self.pods.values() if pod.job == name]:
            self.pods[pod.name] = replace(pod, phase="Succeeded" if succeed else "Failed", exit=end)
        reason = "Completed" if succeed else "BackoffLimitExceeded"
        self.jobs[name] = replace(
            job,
            active=0,
            ready=0,
            succeeded=job.parallelism if succeed else 0,
            failed=0 if succeed else job.parallelism,
            outcome=Outcome(succeeded=succeed, at=at, reason=reason, message=""),
        )

    def delete_by_hand(self, name: str) -> None:
        """Let a user delete a child."""
        for key in [key for key in self.children if key[1] == name]:
            del self.children[key]
        if name in self.jobs:
            self._delete_job(name, self.jobs[name].uid)

    def pass_time(self, seconds: float) -> None:
        """Move the clock."""
        self.now += timedelta(seconds=seconds)
