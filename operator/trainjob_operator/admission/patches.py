"""When the runtime patches of a TrainJob may change, and how one tells that they did."""

from collections.abc import Iterator, Mapping
from typing import Any

from trainjob_operator.admission.normal import Object, normalize_object, object_at
from trainjob_operator.api.conditions import Reason
from trainjob_operator.api.constraints import IMMUTABLE
from trainjob_operator.reconciler.rules.violation import Violation
from trainjob_operator.wording import list_few

PATCHES = "runtimePatches"
OLDER_PATCHES = ("podSpecOverrides", "podTemplateOverrides", "labels", "annotations")
"""Where Kubeflow Trainer v2.0 and v2.1 had them."""

_UNKNOWN_TO_OLDER_CLIENTS = frozenset({"terminationGracePeriodSeconds", "resources"})
_FIXED = (
    "serviceAccountName",
    "volumes",
    "initContainers",
    "containers",
    "imagePullSecrets",
    "securityContext",
    "terminationGracePeriodSeconds",
)


def normalize_patch(patch: object) -> Object:
    """Give the normal form of a patch; when it was made is no part of it."""
    return {name: value for name, value in normalize_object(patch).items() if name != "time"}


def see_as_older_client(patch: object) -> Object:
    """Give the normal form of what the Go types of Kubeflow Trainer v2.2, which Kueue has, keep of a patch."""
    return normalize_object(_reduce(normalize_patch(patch)))


def manager_of(patch: object) -> str:
    """Give the name of a patch's manager, which tells patches apart; empty if it has none."""
    manager = patch.get("manager") if isinstance(patch, Mapping) else None
    return manager if isinstance(manager, str) else ""


def patches_of(spec: Object) -> Mapping[str, Object]:
    """Give the runtime patches by manager, as they are written."""
    patches = spec.get(PATCHES)
    items = patches if isinstance(patches, list) else []
    return {manager_of(patch): patch for patch in items if isinstance(patch, Mapping)}


def has_changed_for_older_client(old: Object, new: Object) -> bool:
    """Tell whether an update changes runtime patches in a way that a queueing controller with older types can."""
    before, after = (
        [(name, see_as_older_client(one)) for name, one in patches_of(side).items()] for side in (old, new)
    )
    return before != after


def changed_fields(old: Object, new: Object) -> tuple[str, ...]:
    """Name the fields of patches, in whatever shape, that an update changes."""
    before, after = ([(name, normalize_patch(one)) for name, one in patches_of(side).items()] for side in (old, new))
    older = (
        (name, normalize_object({name: old.get(name)}), normalize_object({name: new.get(name)}))
        for name in OLDER_PATCHES
    )
    return (*((PATCHES,) if before != after else ()), *(name for name, was, wanted in older if was != wanted))


def check_change(old: Object, new: Object, status: Object) -> Iterator[Violation]:
    """Find out whether patches may change now: while the TrainJob is suspended, and nothing of it runs."""
    fields = changed_fields(old, new)
    active = tuple(_active(status))
    for field in fields:
        name = "RuntimePatches" if field == PATCHES else f"spec.{field}"
        if not (old.get("suspend") or new.get("suspend")):
            yield _violation(
                f"spec.{field}",
                f"{name} can only be modified when the TrainJob is suspended before or after the update: set"
                " spec.suspend to true first",
            )
        if active:
            yield _violation(
                f"spec.{field}",
                f"{name} cannot be modified when the JobSet's ReplicatedJob {list_few(active, between=' and ')} is"
                " still active: wait until its pods are gone",
            )
    before, after = patches_of(old), patches_of(new)
    for manager in (name for name in before if name in after):
        yield from _check_pods(normalize_patch(before[manager]), normalize_patch(after[manager]), manager)


def _check_pods(old: Object, new: Object, manager: str) -> Iterator[Violation]:
    jobs = ("trainingRuntimeSpec", "template", "spec", "replicatedJobs")
    before, after = (object_at(patch, *jobs) for patch in (old, new))
    for name in (name for name in before if name in after):
        own, wanted = (object_at(side[name], "template", "spec", "template", "spec") for side in (before, after))
        for field in _FIXED:
            if field in own and field in wanted and own[field] != wanted[field]:
                yield _violation(
                    f"spec.{PATCHES}[{manager}][{name}].{field}",
                    f"{IMMUTABLE.message}; nodeSelector, affinity, tolerations, schedulingGates, labels and"
                    " annotations can be changed",
                )


def _active(status: Object) -> Iterator[str]:
    jobs = status.get("jobsStatus")
    for job in jobs if isinstance(jobs, list) else ():
        if isinstance(job, Mapping) and isinstance(job.get("active"), int) and job["active"] > 0:
            yield str(job.get("name"))


def _reduce(value: Any) -> Any:  # noqa: ANN401 - any JSON
    if not isinstance(value, Mapping):
        return value
    return {name: _reduce(nested) for name, nested in value.items() if name not in _UNKNOWN_TO_OLDER_CLIENTS}


def _violation(field: str, message: str) -> Violation:
    return Violation(Reason.INVALID_SPEC, field, message)
