"""On which nodes the pods of a TrainJob run: where its trainer may, and together where they share a volume."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from trainjob_operator.api.workload import JobTemplate, PodSpec
from trainjob_operator.naming import JOB_NAME_LABELS, JOB_UID_LABELS, TRAINJOB_UID_LABEL
from trainjob_operator.reconciler.merge.templates import change_pod

_REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"


def follow_trainer(template: JobTemplate, trainer: JobTemplate) -> JobTemplate:
    """Select nodes as the trainer does: a volume that is bound where no trainer may run is of no use to it."""
    leader = trainer.spec.template.spec

    def follow(pod: PodSpec) -> PodSpec:
        changes: dict[str, object] = {}
        if leader.node_selector:
            changes["node_selector"] = {**leader.node_selector, **(pod.node_selector or {})}
        if leader.tolerations:
            own = pod.tolerations or ()
            changes["tolerations"] = (*own, *(one for one in leader.tolerations if one not in own))
        node_affinity = (leader.affinity or {}).get("nodeAffinity")
        if node_affinity and "nodeAffinity" not in (pod.affinity or {}):
            changes["affinity"] = {**(pod.affinity or {}), "nodeAffinity": node_affinity}
        return pod.model_copy(update=changes)

    return change_pod(template, follow)


def stay_together(template: JobTemplate, uid: str) -> JobTemplate:
    """Put the pod where another of the same TrainJob is: a ReadWriteOnce volume is on one node at a time."""
    term = {"labelSelector": {"matchLabels": {TRAINJOB_UID_LABEL: uid}}, "topologyKey": "kubernetes.io/hostname"}

    def join(pod: PodSpec) -> PodSpec:
        affinity: dict[str, Any] = dict(pod.affinity or {})
        pods: dict[str, Any] = dict(affinity.get("podAffinity") or {})
        pods[_REQUIRED] = [*(pods.get(_REQUIRED) or ()), term]
        return pod.model_copy(update={"affinity": {**affinity, "podAffinity": pods}})

    return change_pod(template, join)


def digest(template: Mapping[str, Any]) -> str:
    """Tell one placement from another: of a pod template, all that may change while its Job is suspended."""
    metadata, pod = template.get("metadata") or {}, template["spec"]
    added = {*JOB_NAME_LABELS, *JOB_UID_LABELS}
    labels = {key: value for key, value in (metadata.get("labels") or {}).items() if key not in added}
    fields = [pod.get(field) or None for field in ("nodeSelector", "tolerations", "affinity", "schedulingGates")]
    text = json.dumps([labels, metadata.get("annotations") or {}, *fields], sort_keys=True)
    return hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()
