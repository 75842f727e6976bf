"""The demo's stage: a cluster with the operator in it, and a local Hub that serves its model and data set."""

import json
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.devcluster import binaries, images, torch_environment
from tests.devcluster.cache import ROOT
from tests.devcluster.cluster import Cluster
from tests.hub import HubServer
from tests.models import store

EXAMPLE = ROOT / "manifests" / "examples" / "smollm2-docstrings.yaml"
TRAINJOB = "smollm2-docstrings"
MODEL_REPOSITORY = "HuggingFaceTB/SmolLM2-135M-Instruct"
DATASET_REPOSITORY = "trainjob-operator/python-docstrings"
OPERATOR_NAMESPACE = "trainjob-operator-system"
NAMESPACE = "team-a"
IMAGES = ("operator", "initializer", "torchtune-cpu")

Say = Callable[[str], None]


@dataclass(frozen=True)
class Props:
    """What the demo needs from this machine, all of it made once and kept in the cache."""

    torch: Path
    archives: tuple[Path, ...]
    model: Path
    dataset: Path


def make_props(say: Say) -> Props:
    """Build what is not there yet; each part says how long it usually takes."""
    say("Kubernetes 1.37, kubectl and helm")
    binaries.programs()
    binaries.tools()
    say("PyTorch and TorchTune")
    torch = torch_environment.ensure()
    say("container images: " + ", ".join(IMAGES))
    archives = tuple(images.build(name) for name in IMAGES)
    say("the model SmolLM2-135M-Instruct, and questions and answers from Python's docstrings")
    return Props(torch=torch, archives=archives, model=store.smollm2(), dataset=store.docstrings())


def held_out_questions(props: Props) -> list[str]:
    """Give questions whose answers are not in the training data."""
    rows = json.loads((props.dataset / "held_out.json").read_text(encoding="utf-8"))
    return [row["input"] for row in rows]


@contextmanager
def hub(cluster: Cluster, props: Props) -> Iterator[str]:
    """Serve model and data set to the cluster's pods, and yield the Hub's URL."""
    with HubServer(host=cluster.host_address) as server:
        server.add_repo("model", MODEL_REPOSITORY, props.model)
        server.add_repo("dataset", DATASET_REPOSITORY, props.dataset)
        yield server.url


def make_namespaces(cluster: Cluster) -> None:
    """Make the namespaces of operator and user, under the strictest Pod Security standard."""
    for namespace in (OPERATOR_NAMESPACE, NAMESPACE):
        cluster.kubectl("create", "namespace", namespace)
        cluster.kubectl("label", "namespace", namespace, "pod-security.kubernetes.io/enforce=restricted")


def install_operator(cluster: Cluster, hub_url: str) -> None:
    """Install the operator with its chart, as a user would, and wait until both replicas are ready."""
    _helm(
        cluster,
        *("upgrade", "--install", "trainjob-operator", str(ROOT / "manifests" / "chart")),
        *("--namespace", OPERATOR_NAMESPACE, "--wait", "--timeout", "3m"),
        *("--set", f"hfEndpoint={hub_url}"),
        *("--set-json", "runtimes.images.trainer=" + json.dumps({"repository": "trainjob-operator/torchtune-cpu"})),
    )


def result_folder(cluster: Cluster) -> Path:
    """Return where the workspace's output lies on this machine: the embedded cluster's volumes are folders."""
    claim = json.loads(cluster.kubectl("-n", NAMESPACE, "get", "pvc", f"initializer-{TRAINJOB}", "--output=json"))
    volume = json.loads(cluster.kubectl("get", "pv", claim["spec"]["volumeName"], "--output=json"))
    return Path(volume["spec"]["local"]["path"]) / "output"


def _helm(cluster: Cluster, *arguments: str) -> None:
    helm = [str(binaries.tools() / "helm"), f"--kubeconfig={cluster.kubeconfig}", *arguments]
    done = subprocess.run(helm, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"helm {arguments[0]} failed: {done.stderr.strip()}")
