"""Suspend and resume: Jobs wait in place, and go on where the TrainJob's patches send them by then."""

from collections.abc import Iterator
from datetime import datetime

from trainjob_operator.api.conditions import Condition, ConditionType, Reason, remove_condition, set_condition
from trainjob_operator.naming import JOB_NAME_LABELS, JOB_UID_LABELS
from trainjob_operator.reconciler.children import JobChild
from trainjob_operator.reconciler.manifests.job import build_job
from trainjob_operator.reconciler.merge.placement import digest
from trainjob_operator.reconciler.ownership import Owned
from trainjob_operator.reconciler.resolved import ResolvedJob
from trainjob_operator.reconciler.state import Manifest, Patch

_POD = "/spec/template/spec"


def suspend_jobs(owned: Owned) -> Iterator[Patch]:
    """Have the Jobs that run give their pods up."""
    for job in owned.unfinished_jobs():
        if not (job.suspended or job.deleting):
            yield Patch(job.name, job.uid, (*_check(job), {"op": "replace", "path": "/spec/suspend", "value": True}))


def resume_jobs(owned: Owned, resolved: ResolvedJob) -> Iterator[Patch]:
    """Let suspended Jobs go on, with the labels, node selection and gates that they have by now.

    Kubernetes allows these changes of a suspended Job that has run before from 1.36 on; an older one refuses, and the
    Job is made anew.
    """
    steps = {step.name: step for step in resolved.steps}
    for job in owned.unfinished_jobs():
        step = steps.get(job.replicated_job)
        if not job.suspended or job.deleting or step is None:
            continue
        template: Manifest = build_job(resolved, step, attempt=job.attempt)["spec"]["template"]
        moves = job.placement != digest(template)
        yield Patch(
            job.name,
            job.uid,
            (
                *_check(job),
                *(_placement(job, template) if moves else ()),
                {"op": "replace", "path": "/spec/suspend", "value": False},
            ),
            or_replace=moves,
        )


def tell(
    conditions: tuple[Condition, ...], *, is_suspended: bool, has_trainer_started: bool, now: datetime
) -> tuple[Condition, ...]:
    """Set the condition ``Suspended``: True while it holds, False from the resumption until the trainers run again.

    The SDK takes a TrainJob with any condition for one that does not run yet.
    """
    known = next((condition for condition in conditions if condition.type == ConditionType.SUSPENDED), None)
    if is_suspended:
        suspended = Condition(
            type=ConditionType.SUSPENDED, status="True", reason=Reason.SUSPENDED, message="TrainJob is suspended"
        )
        return set_condition(conditions, suspended, now=now)
    if known is not None and known.status == "True":
        resumed = Condition(
            type=ConditionType.SUSPENDED, status="False", reason=Reason.RESUMED, message="TrainJob is resumed"
        )
        return set_condition(conditions, resumed, now=now)
    return remove_condition(conditions, ConditionType.SUSPENDED) if has_trainer_started else conditions


def _check(job: JobChild) -> tuple[Manifest, ...]:
    return ({"op": "test", "path": "/metadata/uid", "value": job.uid},)


def _placement(job: JobChild, template: Manifest) -> Iterator[Manifest]:
    metadata, pod = template["metadata"], template["spec"]
    added = dict.fromkeys(JOB_UID_LABELS, job.uid) | dict.fromkeys(JOB_NAME_LABELS, job.name)
    yield {"op": "add", "path": "/spec/template/metadata/labels", "value": metadata["labels"] | added}
    yield {"op": "add", "path": "/spec/template/metadata/annotations", "value": metadata["annotations"]}
    for field, nothing in (("nodeSelector", {}), ("tolerations", []), ("affinity", {}), ("schedulingGates", [])):
        yield {"op": "add", "path": f"{_POD}/{field}", "value": pod.get(field) or nothing}
