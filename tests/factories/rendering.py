"""What the chart and the kustomizations come to, as parsed objects."""

import functools
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import yaml

from tests.devcluster import binaries
from tests.devcluster.cache import ROOT

Manifest = dict[str, Any]
CHART = ROOT / "manifests" / "chart"
EXAMPLES = ROOT / "manifests" / "examples"
BASE = ROOT / "manifests" / "base"
GITOPS = ROOT / "manifests" / "gitops"
PUBLIC = ROOT / "manifests" / "public"
CPU_OVERLAY = ROOT / "manifests" / "overlays" / "cpu"
CRDS = ROOT / "crds"
RUNTIMES = ROOT / "runtimes"
NAMESPACE = "trainjob-operator-system"
_BETWEEN = re.compile(r"^---.*\n", re.MULTILINE)
_TOOLS = functools.cache(binaries.tools)


class RenderingError(Exception):
    """What helm or kubectl said instead of rendering."""


def run_tool(tool: str, *args: str | Path) -> str:
    done = subprocess.run([_TOOLS() / tool, *args], capture_output=True, text=True, check=False, timeout=60)
    if done.returncode != 0:
        raise RenderingError(done.stdout + done.stderr)
    return done.stdout


@functools.cache
def chart_text(*values: str) -> str:
    """Render the chart; `values` are `key=value` in helm's words, the value as JSON."""
    settings = [word for value in values for word in ("--set-json", value)]
    return run_tool("helm", "template", "trainjob-operator", CHART, "--namespace", NAMESPACE, *settings)


def chart(*values: str) -> list[Manifest]:
    return parse(chart_text(*values))


def kustomization(folder: Path) -> list[Manifest]:
    return parse(run_tool("kubectl", "kustomize", folder))


def parse(text: str) -> list[Manifest]:
    """Give the documents of a text, each time anew; most of them stand in many texts, and are read once."""
    found = (orjson.loads(_as_json(document)) for document in _BETWEEN.split(text))
    return [document for document in found if document]


def read(file: Path) -> Manifest:
    """Give the one document of a file."""
    [document] = parse(file.read_text())
    return document


@functools.cache
def _as_json(document: str) -> bytes:
    return orjson.dumps(yaml.load(document, Loader=yaml.CSafeLoader))


def one(objects: list[Manifest], kind: str, name: str) -> Manifest:
    [found] = [each for each in objects if each["kind"] == kind and each["metadata"]["name"] == name]
    return found


def pod_specs(objects: list[Manifest]) -> Iterator[tuple[str, Manifest]]:
    """Yield every pod spec in these objects, with a name that tells where it stands."""
    for each in objects:
        where = f"{each['kind']}/{each['metadata']['name']}"
        match each["kind"]:
            case "Deployment" | "Job":
                yield where, each["spec"]["template"]["spec"]
            case "ClusterTrainingRuntime":
                for step in each["spec"]["template"]["spec"]["replicatedJobs"]:
                    yield f"{where}/{step['name']}", step["template"]["spec"]["template"]["spec"]


def runtime_containers(objects: list[Manifest]) -> dict[str, Manifest]:
    """Return the containers of all runtimes by `<runtime>/<container>`."""
    return {
        f"{where.split('/')[1]}/{container['name']}": container
        for where, spec in pod_specs(objects)
        if where.startswith("ClusterTrainingRuntime")
        for container in spec["containers"]
    }
