"""A TrainJob and its runtime in, the manifests of all children out."""

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from trainjob_operator.api.runtime import Runtime, parse_runtime
from trainjob_operator.api.trainjob import TrainJob, parse_trainjob
from trainjob_operator.plan.documents import write_manifests
from trainjob_operator.reconciler.manifests.children import build_children
from trainjob_operator.reconciler.reconcile import reconcile
from trainjob_operator.reconciler.resolve import resolve
from trainjob_operator.reconciler.resolved import ResolvedJob
from trainjob_operator.reconciler.state import Create, Manifest, Observed

HERE = Path(__file__).parent
SHIPPED = HERE.parents[1] / "runtimes"
TRAINJOBS = sorted((HERE / "trainjobs").glob("*.yaml"))
UID = "0b0a3f3e-6f52-4c38-9d0c-6f2f5f1d2f10"


def read_trainjob(file: Path) -> TrainJob:
    body: dict[str, Any] = yaml.safe_load(file.read_text())
    body["metadata"] = {"namespace": "team-a"} | body["metadata"] | {"uid": UID}
    return parse_trainjob(body)


def read_runtime(name: str) -> Runtime:
    [file] = [folder / f"{name}.yaml" for folder in (HERE / "runtimes", SHIPPED) if (folder / f"{name}.yaml").exists()]
    return parse_runtime(yaml.safe_load(file.read_text()))


def children(job: TrainJob) -> tuple[Manifest, ...]:
    resolved = resolve(job, read_runtime(job.spec.runtime_ref.name))
    assert isinstance(resolved, ResolvedJob), resolved
    return build_children(resolved)


@pytest.mark.parametrize("file", TRAINJOBS, ids=lambda file: file.stem)
def test_children(file: Path) -> None:
    golden = HERE / "children" / file.name
    made = write_manifests(children(read_trainjob(file)))
    if os.environ.get("GOLDEN_UPDATE"):
        golden.write_text(made)
    assert made == golden.read_text()


@pytest.mark.parametrize("file", TRAINJOBS, ids=lambda file: file.stem)
def test_the_same_comes_out_every_time(file: Path) -> None:
    assert children(read_trainjob(file)) == children(read_trainjob(file))


@pytest.mark.parametrize("file", TRAINJOBS, ids=lambda file: file.stem)
def test_what_the_operator_creates_first_is_among_them(file: Path) -> None:
    job = read_trainjob(file)
    runtime = read_runtime(job.spec.runtime_ref.name)

    plan = reconcile(Observed(job, runtime, snapshot=None, now=datetime(2026, 10, 1, tzinfo=UTC)))

    created = [action.manifest for action in plan.actions if isinstance(action, Create)]
    assert len(created) > 3
    assert [child for child in children(job) if child in created] == created


def test_no_golden_file_is_left_over() -> None:
    assert {file.name for file in (HERE / "children").iterdir()} == {file.name for file in TRAINJOBS}
