"""A TrainJob and its runtime in, the manifests of all children out."""

import os
from pathlib import Path
from typing import Any

import pytest
import yaml

from trainjob_operator.api.runtime import Runtime, parse_runtime
from trainjob_operator.api.trainjob import TrainJob, parse_trainjob
from trainjob_operator.reconciler.build.claim import build_claim
from trainjob_operator.reconciler.build.job import build_job
from trainjob_operator.reconciler.build.service import build_service
from trainjob_operator.reconciler.build.snapshot import build_snapshot
from trainjob_operator.reconciler.resolve import resolve
from trainjob_operator.reconciler.resolved import ResolvedJob
from trainjob_operator.reconciler.state import Manifest

HERE = Path(__file__).parent
SHIPPED = HERE.parents[1] / "runtimes"
TRAINJOBS = sorted((HERE / "trainjobs").glob("*.yaml"))
UID = "0b0a3f3e-6f52-4c38-9d0c-6f2f5f1d2f10"


class BlockDumper(yaml.SafeDumper):
    """Writes texts of several lines as they read, and never refers from one place to another."""

    def ignore_aliases(self, data: object) -> bool:
        del data
        return True


def read_trainjob(file: Path) -> TrainJob:
    body: dict[str, Any] = yaml.safe_load(file.read_text())
    body["metadata"] = {"namespace": "team-a"} | body["metadata"] | {"uid": UID}
    return parse_trainjob(body)


def read_runtime(name: str) -> Runtime:
    [file] = [folder / f"{name}.yaml" for folder in (HERE / "runtimes", SHIPPED) if (folder / f"{name}.yaml").exists()]
    return parse_runtime(yaml.safe_load(file.read_text()))


def children(job: TrainJob) -> list[Manifest]:
    resolved = resolve(job, read_runtime(job.spec.runtime_ref.name))
    assert isinstance(resolved, ResolvedJob), resolved
    return [
        build_snapshot(resolved),
        build_service(resolved),
        *(build_claim(resolved, claim) for claim in resolved.claims),
        *(build_job(resolved, step) for step in resolved.steps),
    ]


@pytest.mark.parametrize("file", TRAINJOBS, ids=lambda file: file.stem)
def test_children(file: Path) -> None:
    golden = HERE / "children" / file.name
    made = yaml.dump_all(children(read_trainjob(file)), Dumper=BlockDumper, sort_keys=False, width=120)
    if os.environ.get("GOLDEN_UPDATE"):
        golden.write_text(made)
    assert made == golden.read_text()


@pytest.mark.parametrize("file", TRAINJOBS, ids=lambda file: file.stem)
def test_the_same_comes_out_every_time(file: Path) -> None:
    assert children(read_trainjob(file)) == children(read_trainjob(file))


def test_no_golden_file_is_left_over() -> None:
    assert {file.name for file in (HERE / "children").iterdir()} == {file.name for file in TRAINJOBS}
