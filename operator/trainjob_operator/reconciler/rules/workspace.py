"""What a TrainJob may ask of its workspace."""

from collections.abc import Iterator

from trainjob_contract.workspace import ROOT
from trainjob_operator.api.conditions import Reason
from trainjob_operator.api.constraints import is_object_name
from trainjob_operator.api.quantities import parse_quantity
from trainjob_operator.api.runtime import Runtime
from trainjob_operator.api.trainjob import TrainJob
from trainjob_operator.api.workspace import Workspace
from trainjob_operator.reconciler.merge.patching import patches_in_force
from trainjob_operator.reconciler.merge.topology import count_nodes
from trainjob_operator.reconciler.merge.workspace import find_claim_template, find_volume
from trainjob_operator.reconciler.rules.violation import Violation

_WHERE = "spec.workspace"
_ONE_POD = "ReadWriteOncePod"
_WRITABLE = frozenset({"ReadWriteOnce", "ReadWriteMany", _ONE_POD})
_NAME = "must consist of lower case letters, digits, hyphens and dots inside, 253 at most, as names of objects do"


def check_workspace(job: TrainJob, runtime: Runtime) -> Iterator[Violation]:
    """Find everything that no volume can be, or that nobody can tell which volume is meant by."""
    workspace = job.spec.workspace
    if workspace is None:
        return
    for field, name in (("claimName", workspace.claim_name), ("storageClassName", workspace.storage_class_name)):
        if name and not is_object_name(name):
            yield _violation(field, f"{name!r} {_NAME}")
    yield from _check_given(workspace) if workspace.claim_name else _check_new(workspace, runtime)
    yield from _check_modes(job, workspace, runtime)
    yield from _check_patches(job, runtime)


def _check_patches(job: TrainJob, runtime: Runtime) -> Iterator[Violation]:
    """Refuse a patch that puts another volume where the workspace is to be: nobody can tell which one is meant."""
    for patch in patches_in_force(job):
        template = patch.training_runtime_spec.template if patch.training_runtime_spec is not None else None
        jobset = template.spec if template is not None else None
        for step in (jobset.replicated_jobs if jobset is not None else None) or ():
            spec = step.template.spec if step.template is not None else None
            pods = spec.template.spec if spec is not None and spec.template is not None else None
            if pods is None:
                continue
            mounts = (mount for one in pods.containers or () for mount in one.volume_mounts or ())
            names = {find_volume(runtime), *(mount.name for mount in mounts if mount.mount_path.rstrip("/") == ROOT)}
            for volume in pods.volumes or ():
                if volume.name in names:
                    yield Violation(
                        Reason.INVALID_SPEC,
                        _WHERE,
                        f"spec.runtimePatches[{patch.manager}] has volume {volume.name} at {ROOT} of {step.name},"
                        " where the workspace is to be: leave one of the two out",
                    )


def _check_given(workspace: Workspace) -> Iterator[Violation]:
    """Refuse to change a claim that is somebody else's."""
    for field, value in (
        ("size", workspace.size),
        ("storageClassName", workspace.storage_class_name),
        ("retentionPolicy", workspace.retention_policy if workspace.retention_policy == "Delete" else None),
    ):
        if value is not None:
            yield _violation(
                field,
                f"must not be set beside claimName: claim {workspace.claim_name} is used as it is, and outlives the"
                f" TrainJob; leave {field} out, or leave claimName out to have a claim made",
            )


def _check_new(workspace: Workspace, runtime: Runtime) -> Iterator[Violation]:
    if workspace.size is None:
        if find_claim_template(runtime, find_volume(runtime)) is None:
            yield _violation(
                "size",
                f"is required: runtime {runtime.metadata.name} makes no claim for the workspace whose size could be"
                " taken; set size, or name an existing claim by claimName",
            )
        return
    try:
        is_positive = parse_quantity(workspace.size) > 0
    except ValueError as error:
        yield _violation("size", f"{error}: write it as 50Gi, say")
        return
    if not is_positive:
        yield _violation("size", f"{workspace.size} is no size of a volume: write it as 50Gi, say")


def _check_modes(job: TrainJob, workspace: Workspace, runtime: Runtime) -> Iterator[Violation]:
    modes = workspace.access_modes or ()
    if modes and _WRITABLE.isdisjoint(modes):
        yield _violation("accessModes", "nothing could be written: ReadWriteOnce or ReadWriteMany has to be among them")
    if _ONE_POD in modes and len(set(modes)) > 1:
        yield _violation("accessModes", f"{_ONE_POD} must be the only one, as Kubernetes has it")
    elif _ONE_POD in modes and (nodes := count_nodes(job, runtime)) > 1:
        yield _violation(
            "accessModes",
            f"{_ONE_POD} is for one pod, and {nodes} train at the same time: ask for ReadWriteMany, or set"
            " spec.trainer.numNodes to 1",
        )


def _violation(field: str, message: str) -> Violation:
    return Violation(Reason.INVALID_SPEC, f"{_WHERE}.{field}", message)
