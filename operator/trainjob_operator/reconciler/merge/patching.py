"""Runtime patches: what managers such as Kueue change of a runtime for one TrainJob, merged in list order.

The merge is Kubernetes' strategic one for the fields that a patch may have: objects merge, lists with a merge key merge
by it, other lists and scalars are replaced.
"""

from collections.abc import Mapping, Sequence
from typing import Any, TypeGuard

from trainjob_operator.api.model import Model
from trainjob_operator.api.patches import RuntimePatch
from trainjob_operator.api.runtime import Runtime, RuntimeSpec
from trainjob_operator.api.trainjob import TrainJob
from trainjob_operator.reconciler.merge.legacy import patches_of

_STEPS = "replicatedJobs"
"""The one list whose order stays the runtime's, as Kubeflow Trainer has it: later jobs depend on earlier ones."""
_MERGE_KEYS = {
    _STEPS: "name",
    "containers": "name",
    "initContainers": "name",
    "env": "name",
    "volumes": "name",
    "volumeMounts": "mountPath",
    "imagePullSecrets": "name",
    "schedulingGates": "name",
}
_FREE = frozenset({"labels", "annotations", "nodeSelector"})
"""Where people choose the keys."""
_DIRECTIVE = "$patch"
_NOT_MERGED = frozenset({"name", "namespace", "finalizers"})
"""What a patch of the template's metadata may have in the schema, and means nothing."""


def patches_in_force(job: TrainJob) -> tuple[RuntimePatch, ...]:
    """Give a TrainJob's patches in the order of their application: those of older fields, then its own."""
    return (*patches_of(job.spec), *(job.spec.runtime_patches or ()))


def patch_runtime(runtime: Runtime, patches: Sequence[RuntimePatch]) -> Runtime:
    """Merge patches into a runtime; what they name has to be there (`rules.check_patches`)."""
    if not patches:
        return runtime
    spec = _dump(runtime.spec)
    for patch in patches:
        if patch.training_runtime_spec is None:
            continue
        change = _dump(patch.training_runtime_spec)
        metadata = (change.get("template") or {}).get("metadata")
        if metadata:
            change["template"]["metadata"] = {key: metadata[key] for key in metadata.keys() - _NOT_MERGED}
        spec = merge(spec, change)
    return runtime.model_copy(update={"spec": RuntimeSpec.model_validate(spec)})


def merge(value: Mapping[str, Any], change: Mapping[str, Any], *, is_free: bool = False) -> dict[str, Any]:
    """Merge a change into a value; neither is touched.

    The API server lets ``$patch`` through where any key may stand: in a nodeSelector, in labels and annotations.
    ``is_free``: this is such a place, where a key that is called ``env`` or ``volumes`` is none of the fields.
    """
    directive = change.get(_DIRECTIVE)
    by: Mapping[str, str] = {} if is_free else _MERGE_KEYS
    merged = {} if directive in {"replace", "delete"} else dict(value)
    for name, wanted in () if directive == "delete" else change.items():
        known = merged.get(name)
        if wanted is None or name == _DIRECTIVE:
            continue
        if isinstance(wanted, Mapping):
            merged[name] = merge(known if isinstance(known, Mapping) else {}, wanted, is_free=name in _FREE)
        elif (key := by.get(name)) is not None and _is_keyed(known, key) and _is_keyed(wanted, key):
            items = _merge_list(known, wanted, key)
            merged[name] = items if name == _STEPS else _in_order(items, known, wanted, key)
        else:
            merged[name] = wanted
    return merged


def _is_keyed(items: object, key: str) -> TypeGuard[list[Mapping[str, Any]]]:
    """Tell whether this is a list of which each item can be found by its key."""
    return isinstance(items, list) and all(isinstance(item, Mapping) and key in item for item in items)


def _merge_list(known: Sequence[Any], wanted: Sequence[Any], key: str) -> list[Any]:
    table = {item[key]: item for item in known}
    for item in wanted:
        table[item[key]] = merge(table[item[key]], item) if item[key] in table else item
    return list(table.values())


def _in_order(items: Sequence[Any], known: Sequence[Any], wanted: Sequence[Any], key: str) -> list[Any]:
    """Give a merged list the order that Kubernetes gives it (``mergeSortedSlice`` of its strategicpatch).

    Items of the change keep its order and come first, where the known list does not say otherwise: an environment
    variable may refer to those before it.
    """
    place = {item[key]: at for at, item in enumerate(known)}
    table = {item[key]: item for item in items}
    changed = dict.fromkeys(item[key] for item in wanted)
    kept = [name for name in place if name not in changed]
    order: list[Any] = []
    for name in changed:
        while kept and name in place and place[kept[0]] < place[name]:
            order.append(kept.pop(0))
        order.append(name)
    return [table[name] for name in (*order, *kept)]


def _dump(model: Model) -> dict[str, Any]:
    dumped: dict[str, Any] = model.model_dump(mode="json", by_alias=True, exclude_unset=True)
    return dumped
