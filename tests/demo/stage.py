"""The demo's stage: a cluster with the operator in it, and a local Hub that serves its model and data set.

Tests that train on a cluster play on it too.
"""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.cluster.installation import Installation
from tests.devcluster import binaries, images, torch_environment
from tests.devcluster.cache import ROOT
from tests.devcluster.cluster import Cluster
from tests.devcluster.longrun import tail
from tests.hub import HubServer
from tests.hub.repository import Kind
from tests.models import store

EXAMPLE = ROOT / "manifests" / "examples" / "smollm2-docstrings.yaml"
TRAINJOB = "smollm2-docstrings"
MODEL_REPOSITORY = "HuggingFaceTB/SmolLM2-135M-Instruct"
DATASET_REPOSITORY = "trainjob-operator/python-docstrings"
OPERATOR_NAMESPACE = "trainjob-operator-system"
NAMESPACE = "team-a"
IMAGES = ("operator", "initializer", "torchtune-cpu")

Say = Callable[[str], None]
Repositories = Mapping[tuple[Kind, str], Path]
"""Folders by the kind and the name of the Hub's repository that they are to be."""


@dataclass(frozen=True)
class Machinery:
    """What every cluster that trains needs from this machine, all of it made once and kept in the cache."""

    torch: Path
    archives: tuple[Path, ...]


@dataclass(frozen=True)
class Props:
    """What the demo needs beside it."""

    machinery: Machinery
    model: Path
    dataset: Path

    @property
    def repositories(self) -> Repositories:
        """Model and data set under the names by which the example asks for them."""
        return {("model", MODEL_REPOSITORY): self.model, ("dataset", DATASET_REPOSITORY): self.dataset}


def make_machinery(say: Say) -> Machinery:
    """Build what is not there yet; each part says how long it usually takes."""
    say("Kubernetes 1.37, kubectl and helm")
    binaries.programs()
    binaries.tools()
    say("PyTorch and TorchTune")
    torch = torch_environment.ensure()
    say("container images: " + ", ".join(IMAGES))
    return Machinery(torch=torch, archives=tuple(images.build(name) for name in IMAGES))


def make_props(say: Say) -> Props:
    """Build what is not there yet of all that the demo needs."""
    machinery = make_machinery(say)
    say("the model SmolLM2-135M-Instruct, and questions and answers from Python's docstrings")
    return Props(machinery=machinery, model=store.smollm2(), dataset=store.docstrings())


def start_cluster(name: str, machinery: Machinery, *, nodes: int, gpus: int, stays: bool, say: Say) -> Cluster:
    """Start a cluster whose containers find torch, with our images in it."""
    cluster = Cluster.start(name, nodes=nodes, gpus=gpus, torch=machinery.torch, stays=stays, say=say)
    for archive in machinery.archives:
        cluster.load(archive)
    return cluster


def held_out_questions(props: Props) -> list[str]:
    """Give questions whose answers are not in the training data."""
    rows = json.loads((props.dataset / "held_out.json").read_text(encoding="utf-8"))
    return [row["input"] for row in rows]


@contextmanager
def hub(cluster: Cluster, repositories: Repositories) -> Iterator[str]:
    """Serve repositories to the cluster's pods, and yield the Hub's URL."""
    with HubServer(host=cluster.host_address) as server:
        for (kind, name), folder in repositories.items():
            server.add_repo(kind, name, folder)
        yield server.url


def start_hub(cluster: Cluster, repositories: Repositories) -> str:
    """Serve repositories to the cluster's pods for as long as the cluster is up, and return the Hub's URL.

    Raises:
        RuntimeError: the Hub did not start.
    """
    argv = [
        *(sys.executable, "-m", "tests.hub"),
        *(f"--listen={cluster.host_address}:0", f"--until-end-of={cluster.init.pid}"),
        *(f"--{kind}={name}={folder}" for (kind, name), folder in repositories.items()),
    ]
    log = cluster.spec.state / "logs" / "hub.log"
    with log.open("wb") as errors:
        hub = subprocess.Popen(
            argv,
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            start_new_session=True,
        )
    assert hub.stdout is not None
    with hub.stdout as said:
        name, _, url = said.readline().strip().partition("=")
    if name != "HF_ENDPOINT":
        raise RuntimeError(f"the Hub did not start:\n{tail(log)}")
    return url


def make_namespaces(cluster: Cluster) -> None:
    """Make the namespaces of operator and user, under the strictest Pod Security standard."""
    for namespace in (OPERATOR_NAMESPACE, NAMESPACE):
        cluster.kubectl("create", "namespace", namespace)
        cluster.kubectl("label", "namespace", namespace, "pod-security.kubernetes.io/enforce=restricted")


def install_operator(cluster: Cluster, hub_url: str) -> None:
    """Install the operator with its chart, as a user would, and wait until both replicas are ready and reachable."""
    _helm(
        cluster,
        *("upgrade", "--install", "trainjob-operator", str(ROOT / "manifests" / "chart")),
        *("--namespace", OPERATOR_NAMESPACE, "--wait", "--timeout", "3m"),
        *("--set", f"hfEndpoint={hub_url}"),
        *("--set-json", "runtimes.images.trainer=" + json.dumps({"repository": "trainjob-operator/torchtune-cpu"})),
    )
    Installation(cluster).await_webhooks()


def result_folder(cluster: Cluster, trainjob: str = TRAINJOB) -> Path:
    """Return where the workspace's output lies on this machine: the embedded cluster's volumes are folders."""
    claim = json.loads(cluster.kubectl("-n", NAMESPACE, "get", "pvc", f"initializer-{trainjob}", "--output=json"))
    volume = json.loads(cluster.kubectl("get", "pv", claim["spec"]["volumeName"], "--output=json"))
    return Path(volume["spec"]["local"]["path"]) / "output"


def _helm(cluster: Cluster, *arguments: str) -> None:
    helm = [str(binaries.tools() / "helm"), f"--kubeconfig={cluster.kubeconfig}", *arguments]
    done = subprocess.run(helm, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"helm {arguments[0]} failed: {done.stderr.strip()}")
