"""Carry out the actions of a plan, one after the other."""

import logging
import time
from dataclasses import dataclass
from enum import Enum, auto
from http import HTTPStatus

from trainjob_operator.api.trainjob import TrainJob, parse_trainjob
from trainjob_operator.controller.cache.caches import Caches
from trainjob_operator.controller.cache.snapshots import Unusable, judge_snapshot
from trainjob_operator.controller.cache.summaries import summarize_child, trainjob_of
from trainjob_operator.controller.kube.client import Body, KubeClient
from trainjob_operator.controller.kube.resources import CHILD_KINDS, EVENTS, JOBS, TRAINJOBS
from trainjob_operator.controller.work.memory import Inspection, Memory
from trainjob_operator.controller.work.refusals import find_refusal, is_refusal
from trainjob_operator.errors import ApiError
from trainjob_operator.naming import TRAINJOB
from trainjob_operator.reconciler.children import Kind
from trainjob_operator.reconciler.life.obstacles import PREDECESSOR_GONE_WITHIN
from trainjob_operator.reconciler.state import Action, Create, Delete, Expire, Inspect, Observed, Patch, Refusal

logger = logging.getLogger(__name__)

ALREADY_EXISTS = "AlreadyExists"


class Verdict(Enum):
    """How to go on with a TrainJob.

    Attributes:
        DONE: everything was done that can be done now.
        LOOK_AGAIN: the world is not what the plan took it for, so decide anew.
        GONE: the TrainJob was deleted.
    """

    DONE = auto()
    LOOK_AGAIN = auto()
    GONE = auto()


@dataclass(frozen=True, slots=True)
class Executor:
    """Changes the cluster, and keeps caches and memory in step with what it did."""

    kube: KubeClient
    caches: Caches

    async def execute(self, actions: tuple[Action, ...], observed: Observed, memory: Memory) -> Verdict:
        """Carry out actions in order.

        Returns:
            DONE also if some wait because the API server refused them a moment ago; after the others nothing was done.

        Raises:
            ApiError: an action failed for reasons that have nothing to do with it.
        """
        due = _not_held(actions, memory)
        if any(isinstance(action, Create) and action.confirm for action in due):
            verdict = await self._confirm(observed.job)
            if verdict is not Verdict.DONE:
                return verdict
        for action in due:
            if not self._is_current(observed.job):
                return Verdict.LOOK_AGAIN
            verdict = await self._carry_out(action, observed, memory)
            if verdict is not Verdict.DONE:
                return verdict
        return Verdict.DONE

    def _is_current(self, job: TrainJob) -> bool:
        """Tell whether the TrainJob was neither deleted nor replaced while earlier actions were carried out."""
        known = self.caches.trainjobs.get(job.metadata.namespace or "", job.metadata.name)
        return isinstance(known, TrainJob) and known.metadata.uid == job.metadata.uid

    async def _carry_out(self, action: Action, observed: Observed, memory: Memory) -> Verdict:
        match action:
            case Create(confirm=True) if await self._is_there(observed, memory, action):
                return Verdict.LOOK_AGAIN
            case Create():
                return await self._create(observed, memory, action)
            case Delete():
                return await self._delete(observed.job, action)
            case Patch():
                return await self._patch(observed.job, action)
            case Expire():
                return await self._expire(observed.job)
            case Inspect():
                return await self._inspect(observed, memory, action)

    async def _create(self, observed: Observed, memory: Memory, create: Create) -> Verdict:
        job, resource = observed.job, CHILD_KINDS[create.kind]
        try:
            created = await self.kube.create(resource, job.metadata.namespace, create.manifest)
        except ApiError as error:
            if error.status == HTTPStatus.CONFLICT and error.reason == ALREADY_EXISTS:
                await self._meet(observed, memory, create)
                return Verdict.LOOK_AGAIN
            if not is_refusal(error):
                raise
            refusal = Refusal(kind=create.kind, name=create.name, reason=error.reason, message=str(error))
            memory.hold(create.kind, create.name, time.monotonic(), refusal=refusal, stranger=None)
            logger.warning("%s %s is refused: %s", create.kind, create.name, error)
            return Verdict.LOOK_AGAIN
        logger.info("created %s %s", create.kind, create.name)
        for warning in created.warnings:
            logger.warning("the API server warns about %s %s: %s", create.kind, create.name, warning)
        was_refused = (create.kind, create.name) in memory.holds
        memory.release(create.kind, create.name)
        self._take_in(observed, memory, create.kind, created.body)
        return Verdict.LOOK_AGAIN if was_refused else Verdict.DONE

    async def _meet(self, observed: Observed, memory: Memory, create: Create) -> None:
        """Look at the object that has the name already, so that the next plan knows whose it is."""
        job = observed.job
        body = await self._find(job, create)
        if body is None or self._take_in(observed, memory, create.kind, body):
            return
        stranger = None if create.kind == Kind.CONFIG_MAP else summarize_child(create.kind, body)
        refusal = None
        if create.kind == Kind.CONFIG_MAP and not _is_passing(observed, body):
            refusal = Refusal(create.kind, create.name, ALREADY_EXISTS, f"{create.kind} {create.name} already exists")
        memory.hold(create.kind, create.name, time.monotonic(), refusal=refusal, stranger=stranger)

    async def _confirm(self, job: TrainJob) -> Verdict:
        """Ask the API server whether the TrainJob lives: caches of different kinds are not in step."""
        try:
            body = await self.kube.get(TRAINJOBS, job.metadata.namespace, job.metadata.name)
        except ApiError as error:
            if error.status == HTTPStatus.NOT_FOUND:
                return Verdict.GONE
            raise
        live = parse_trainjob(body).metadata
        if live.uid != job.metadata.uid or live.deletion_timestamp is not None:
            return Verdict.GONE
        if live.resource_version != job.metadata.resource_version:
            self.caches.trainjobs.update(body)
            return Verdict.LOOK_AGAIN
        return Verdict.DONE

    async def _is_there(self, observed: Observed, memory: Memory, create: Create) -> bool:
        body = await self._find(observed.job, create)
        return body is not None and self._take_in(observed, memory, create.kind, body)

    async def _find(self, job: TrainJob, create: Create) -> Body | None:
        try:
            return await self.kube.get(CHILD_KINDS[create.kind], job.metadata.namespace, create.name)
        except ApiError as error:
            if error.status == HTTPStatus.NOT_FOUND:
                return None
            raise

    def _take_in(self, observed: Observed, memory: Memory, kind: str, body: Body) -> bool:
        """Remember a child; False if it is nothing that the caches would show for this TrainJob."""
        if kind == Kind.CONFIG_MAP:
            snapshot = judge_snapshot(body, observed.job, observed.runtime)
            if snapshot is not None and not isinstance(snapshot, Unusable):
                memory.keep_snapshot(snapshot, time.monotonic())
            return snapshot is not None
        if trainjob_of(body) != observed.job.metadata.name:
            return False
        self.caches.echo(kind, body)
        return True

    async def _delete(self, job: TrainJob, delete: Delete) -> Verdict:
        namespace = job.metadata.namespace or ""
        try:
            await self.kube.delete(CHILD_KINDS[delete.kind], namespace, delete.name, delete.uid)
        except ApiError as error:
            is_gone = error.status == HTTPStatus.NOT_FOUND
            is_another = error.status == HTTPStatus.CONFLICT and "uid" in str(error).lower()
            if not (is_gone or is_another):
                raise
        logger.info("deleted %s %s", delete.kind, delete.name)
        self.caches.mark_deleting(delete.kind, namespace, delete.name, delete.uid)
        return Verdict.DONE

    async def _patch(self, job: TrainJob, patch: Patch) -> Verdict:
        """Change a Job; one that may not be changed is deleted, if it can be made anew."""
        namespace = job.metadata.namespace or ""
        try:
            body = await self.kube.patch(JOBS, namespace, patch.job, patch.operations)
        except ApiError as error:
            if error.status == HTTPStatus.NOT_FOUND:
                return Verdict.LOOK_AGAIN
            if error.status != HTTPStatus.UNPROCESSABLE_ENTITY or not patch.or_replace:
                raise
            logger.info("Job %s is made anew, because it cannot be changed: %s", patch.job, error)
            return await self._delete(job, Delete(kind=Kind.JOB, name=patch.job, uid=patch.uid))
        logger.info("changed Job %s", patch.job)
        self.caches.echo(Kind.JOB, body)
        return Verdict.DONE

    async def _expire(self, job: TrainJob) -> Verdict:
        """Delete the TrainJob, if it is still as it was looked at; the garbage collector takes its children.

        Its author may have asked for more time, and this replica not have heard of it yet.
        """
        metadata = job.metadata
        try:
            await self.kube.delete(
                TRAINJOBS, metadata.namespace or "", metadata.name, metadata.uid, metadata.resource_version
            )
        except ApiError as error:
            if error.status == HTTPStatus.CONFLICT:
                return await self._confirm(job)
            if error.status != HTTPStatus.NOT_FOUND:
                raise
        logger.info("deleted: its time to live is over")
        return Verdict.GONE

    async def _inspect(self, observed: Observed, memory: Memory, inspect: Inspect) -> Verdict:
        """Learn from a Job's Events who refuses its pods."""
        now = time.monotonic()
        if not memory.may_inspect(inspect.job, now):
            return Verdict.DONE
        query = {"fieldSelector": f"involvedObject.uid={inspect.uid},type=Warning,reason=FailedCreate"}
        page = await self.kube.list_page(EVENTS, observed.job.metadata.namespace, query=query)
        refusal = find_refusal(inspect.job, page.items, observed.now)
        known = memory.inspections.get(inspect.job)
        memory.inspections[inspect.job] = Inspection(at=now, refusal=refusal)
        is_news = refusal != (known.refusal if known is not None else None)
        return Verdict.LOOK_AGAIN if is_news else Verdict.DONE


def _not_held(actions: tuple[Action, ...], memory: Memory) -> list[Action]:
    """Leave out the create that was refused a moment ago, and those after it: later children depend on earlier ones."""
    due: list[Action] = []
    is_blocked = False
    for action in actions:
        if isinstance(action, Create):
            is_blocked = is_blocked or memory.is_held(action.kind, action.name, time.monotonic())
            if is_blocked:
                continue
        due.append(action)
    return due


def _is_passing(observed: Observed, body: Body) -> bool:
    """Tell whether garbage collection will remove this ConfigMap: it belongs to an earlier TrainJob of the name."""
    owners = body["metadata"].get("ownerReferences", ())
    created = observed.job.metadata.creation_timestamp
    is_recent = created is not None and observed.now - created < PREDECESSOR_GONE_WITHIN
    return is_recent and any(o.get("controller") and o["kind"] == TRAINJOB for o in owners)
