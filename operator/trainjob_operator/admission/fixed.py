"""What no update may change of a TrainJob: all that its Jobs were made from.

It is told as Kubernetes tells it of its own objects, so that tools which delete and create anew when they are asked to,
such as Flux with ``force: true`` and ``kubectl replace --force``, know it; without being asked none of them deletes.
"""

from collections.abc import Iterator

from trainjob_contract.tune_run import TUNE_RUN
from trainjob_operator.admission.normal import Object, differences, normalize_object
from trainjob_operator.admission.patches import OLDER_PATCHES, PATCHES, has_changed_for_older_client
from trainjob_operator.api.conditions import Reason
from trainjob_operator.api.constraints import IMMUTABLE
from trainjob_operator.naming import CLUSTER_TRAINING_RUNTIME, GROUP, TRAINJOB_CONTROLLER
from trainjob_operator.reconciler.rules.violation import Violation

_MUTABLE = frozenset({"suspend", "ttlSecondsAfterFinished", PATCHES, *OLDER_PATCHES})
_KNOWN_TO_OLDER_CLIENTS = frozenset(
    {"runtimeRef", "initializer", "trainer", PATCHES, "suspend", "activeDeadlineSeconds", "managedBy"}
)
_RUNTIME_DEFAULTS = {"apiGroup": GROUP, "kind": CLUSTER_TRAINING_RUNTIME}


def fixed_of(spec: Object) -> Object:
    """Give the normal form of the fields that no update may change, with the CRD's defaults."""
    fixed = {"managedBy": TRAINJOB_CONTROLLER, **normalize_object(spec)}
    if isinstance(fixed.get("runtimeRef"), dict):
        fixed["runtimeRef"] = _RUNTIME_DEFAULTS | fixed["runtimeRef"]
    return {name: value for name, value in fixed.items() if name not in _MUTABLE}


def is_dropped_by_older_client(field: str) -> bool:
    """Tell whether the Go types of Kubeflow Trainer v2.2, which Kueue has, lack a field of the specification."""
    return field not in _KNOWN_TO_OLDER_CLIENTS


def is_move(old: Object, new: Object) -> bool:
    """Tell whether an update suspends, resumes or changes runtime patches, as queueing controllers do."""
    return bool(old.get("suspend")) is not bool(new.get("suspend")) or has_changed_for_older_client(old, new)


def is_expansion(old: Object, new: Object) -> bool:
    """Tell whether ``[tune, run]`` became a whole command: Kueue, linking the peer's library, writes it back so."""
    before, after = _command(old), _command(new)
    return before == TUNE_RUN and len(after) > len(TUNE_RUN) and after[: len(TUNE_RUN)] == TUNE_RUN


def check_fixed(old: Object, new: Object) -> Iterator[Violation]:
    """Find the changes that come too late; what a queueing controller loses on the way counts as unchanged."""
    before, after = fixed_of(old), fixed_of(new)
    if is_move(old, new):
        if is_expansion(old, new):
            after = {**after, "trainer": {**after["trainer"], "command": list(TUNE_RUN)}}
        before = {name: value for name, value in before.items() if name in after or name in _KNOWN_TO_OLDER_CLIENTS}
    for path in differences(before, after, "spec"):
        yield Violation(
            Reason.INVALID_SPEC,
            path,
            f"{IMMUTABLE.message}: delete this TrainJob first, or give the changed one another name",
        )


def _command(spec: Object) -> tuple[object, ...]:
    trainer = spec.get("trainer")
    command = trainer.get("command") if isinstance(trainer, dict) else None
    return tuple(command) if isinstance(command, list) else ()
