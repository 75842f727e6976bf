"""The manifest of a bundled runtime, and its text."""

from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from trainjob_contract.environment import ACCESS_TOKEN, IGNORE_PATTERNS, STORAGE_URI, WORKSPACE
from trainjob_contract.tune_run import TuneRun
from trainjob_contract.workspace import ROOT
from trainjob_operator import __version__
from trainjob_operator.generate.runtimes.blueprint import Blueprint, Source
from trainjob_operator.naming import (
    ANCESTOR_LABEL,
    API_VERSION,
    CLUSTER_TRAINING_RUNTIME,
    DATASET_INITIALIZER,
    FAMILY_LABEL,
    FRAMEWORK_LABEL,
    GROUP,
    METHOD_LABEL,
    MODEL_INITIALIZER,
    MODEL_LABEL,
    NODE,
    TRAINER,
    WORKSPACE_VOLUME,
)
from trainjob_operator.torchtune.catalogue import RECIPES

Manifest = dict[str, Any]

_IMAGES = "ghcr.io/trainjob-operator"
_USER = 65532
_ENDPOINT = "--rdzv_endpoint=localhost:29500"
TOKEN_SECRET = "hugging-face"  # noqa: S105 - the name of one
"""Where a step that a TrainJob cannot name a Secret for looks for its ``ACCESS_TOKEN``."""


def build_manifest(runtime: Blueprint) -> Manifest:
    """Make a ClusterTrainingRuntime: data, model and further models are downloaded, then the trainer runs."""
    downloads = [
        _download(DATASET_INITIALIZER, "dataset", runtime.data.uri),
        _download(MODEL_INITIALIZER, "model", f"hf://{runtime.model.repository}"),
    ]
    if runtime.source is not None:
        downloads.append(_further(runtime.source))
    return {
        "apiVersion": API_VERSION,
        "kind": CLUSTER_TRAINING_RUNTIME,
        "metadata": {
            "name": runtime.name,
            "labels": {
                FRAMEWORK_LABEL: "torchtune",
                FAMILY_LABEL: runtime.family,
                MODEL_LABEL: runtime.model.repository.partition("/")[2],
                METHOD_LABEL: runtime.method.value,
                # Installed before the webhooks answer; tests check it instead.
                f"{GROUP}/webhook-validation": "disabled",
            },
        },
        "spec": {
            "mlPolicy": {"numNodes": 1, "torch": {}},
            **({} if runtime.is_kubeflows else {"runPolicy": {"failurePolicy": _restarts()}}),
            "template": {
                "spec": {
                    "volumeClaimPolicies": [{"templates": [_claim(runtime.volume)]}],
                    "replicatedJobs": [
                        *downloads,
                        _step(
                            NODE,
                            _trainer(runtime),
                            ancestor=TRAINER,
                            depends_on=[{"name": step["name"], "status": "Complete"} for step in downloads],
                        ),
                    ],
                }
            },
        },
    }


def to_yaml(runtime: Blueprint) -> str:
    """Write a runtime as YAML, under a comment that says what it is; same runtime, same bytes."""
    comment = "".join(f"# {line}\n" for line in _describe(runtime))
    return comment + yaml.dump(
        build_manifest(runtime), Dumper=_Dumper, sort_keys=False, default_flow_style=False, width=4096
    )


class _Dumper(yaml.SafeDumper):
    """Indents lists below their key, as the manifests that people write."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002, FBT001, FBT002 - PyYAML's
        super().increase_indent(flow, indentless=False)


def _describe(runtime: Blueprint) -> Iterator[str]:
    yield "Made by `make runtimes`; do not edit."
    model = runtime.model
    yield f"{model.repository}, {model.parameters / 1e9:.1f} billion parameters. Licence: {model.licence}."
    if model.is_gated:
        yield "Gated: name a Secret with the key ACCESS_TOKEN in spec.initializer.model.secretRef of the TrainJob."
    source = runtime.source
    if source is not None:
        yield f"The {source.role} model is {source.repository}, downloaded by a step of its own."
        if source.is_gated:
            yield f"That is gated too, and its token the key ACCESS_TOKEN of a Secret {TOKEN_SECRET} in the namespace."
    yield (
        f"Method: {runtime.method}, by {runtime.selection.recipe}; sized for {runtime.accelerators} GPU(s) of 80 GB."
    )
    if runtime.plain is not None:
        yield f"Faster than {runtime.plain}, and not quite the same: see Faster runtimes in the README of this folder."
    if runtime.is_kubeflows:
        yield "Command, volume, steps and resources are those of the runtime of this name in Kubeflow Trainer v2.3."


def _restarts() -> Manifest:
    """Have trainers start anew: after a disruption for as long as it takes, after a failure three times."""
    disrupted = [{"type": "DisruptionTarget", "status": "True"}]
    return {
        "maxRestarts": 3,
        "rules": [{"action": "RestartTrainJobAndIgnoreMaxRestarts", "onPodConditions": disrupted}],
    }


def _claim(gibibytes: int) -> Manifest:
    return {
        "metadata": {"name": WORKSPACE_VOLUME},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": f"{gibibytes}Gi"}}},
    }


def _further(source: Source) -> Manifest:
    more: list[Manifest] = [{"name": WORKSPACE, "value": f"{ROOT}/{source.role}"}]
    if source.is_gated:
        secret = {"name": TOKEN_SECRET, "key": ACCESS_TOKEN, "optional": True}
        more.append({"name": ACCESS_TOKEN, "valueFrom": {"secretKeyRef": secret}})
    return _download(f"{source.role}-initializer", "model", f"hf://{source.repository}", more=more, is_labelled=False)


def _download(
    name: str, kind: str, uri: str, more: list[Manifest] | None = None, *, is_labelled: bool = True
) -> Manifest:
    # The files in it are the same numbers once more, in another format.
    ignored = [{"name": IGNORE_PATTERNS, "value": "*.gguf"}] if kind == "model" and "/gemma" in uri else []
    container = {
        "name": name,
        "image": f"{_IMAGES}/initializer:{__version__}",
        "args": [kind],
        "env": [{"name": STORAGE_URI, "value": uri}, *(more or []), *ignored],
        "resources": {"requests": {"cpu": "100m", "memory": "512Mi"}},
    }
    return _step(name, container, ancestor=name if is_labelled else None)


def _trainer(runtime: Blueprint) -> Manifest:
    chosen = runtime.selection
    flags = (_ENDPOINT,) if RECIPES[chosen.recipe].is_distributed else ()
    command = TuneRun(flags, chosen.recipe, chosen.config, runtime.overrides).render()
    requests = {"requests": {"memory": f"{runtime.memory}Gi"}} if runtime.memory is not None else {}
    return {
        "name": NODE,
        "image": f"{_IMAGES}/torchtune:{__version__}",
        "command": list(command),
        "env": [],
        "resources": {"limits": {"nvidia.com/gpu": runtime.accelerators}, **requests},
    }


def _step(
    name: str, container: Mapping[str, Any], *, ancestor: str | None, depends_on: list[Manifest] | None = None
) -> Manifest:
    return {
        "name": name,
        **({"dependsOn": depends_on} if depends_on else {}),
        "template": {
            **({"metadata": {"labels": {ANCESTOR_LABEL: ancestor}}} if ancestor else {}),
            "spec": {"template": {"spec": _pod(container)}},
        },
    }


def _pod(container: Mapping[str, Any]) -> Manifest:
    """Harden a pod, and give its container the workspace, a home in it, and a place for temporary files."""
    return {
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": _USER,
            "runAsGroup": _USER,
            "fsGroup": _USER,
            "fsGroupChangePolicy": "OnRootMismatch",
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containers": [
            {
                **container,
                "env": [*container["env"], {"name": "HOME", "value": f"{ROOT}/.home"}],
                "securityContext": {
                    "allowPrivilegeEscalation": False,
                    "readOnlyRootFilesystem": True,
                    "capabilities": {"drop": ["ALL"]},
                },
                "volumeMounts": [
                    {"name": WORKSPACE_VOLUME, "mountPath": ROOT},
                    {"name": "tmp", "mountPath": "/tmp"},  # noqa: S108 - a volume of the pod's own
                ],
            }
        ],
        "volumes": [{"name": "tmp", "emptyDir": {}}],
    }
