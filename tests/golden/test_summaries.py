"""A TrainJob and its runtime in, what `plan` says about it out."""

import os
from pathlib import Path

import pytest
import yaml
from tests.golden.test_children import HERE, SHIPPED, TRAINJOBS, UID

from trainjob_operator.cli.app import main

SUMMARIES = HERE / "summaries"


def files_of(trainjob: Path) -> list[str]:
    """Name the TrainJob, and its runtime if it is none that is shipped."""
    name = yaml.safe_load(trainjob.read_text())["spec"]["runtimeRef"]["name"]
    own = [HERE / "runtimes" / f"{name}.yaml"] if not (SHIPPED / f"{name}.yaml").exists() else []
    return [f"--filename={file}" for file in (trainjob, *own)]


@pytest.mark.parametrize("file", TRAINJOBS, ids=lambda file: file.stem)
def test_summary(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["plan", "--namespace=team-a", *files_of(file)])

    said = capsys.readouterr()
    golden = SUMMARIES / f"{file.stem}.txt"
    if os.environ.get("GOLDEN_UPDATE"):
        golden.write_text(said.out)
    assert (code, said.err) == (0, "")
    assert said.out == golden.read_text()


@pytest.mark.parametrize("file", TRAINJOBS, ids=lambda file: file.stem)
def test_manifests_are_those_that_the_operator_creates(
    file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    body = yaml.safe_load(file.read_text())
    stored = tmp_path / file.name
    stored.write_text(yaml.safe_dump(body | {"metadata": body["metadata"] | {"uid": UID}}))

    code = main(["plan", "--namespace=team-a", "--output=yaml", f"--filename={stored}", *files_of(file)[1:]])

    lines = capsys.readouterr().out.splitlines(keepends=True)
    assert code == 0
    assert "".join(line for line in lines if not line.startswith("#")) == (HERE / "children" / file.name).read_text()


def test_no_summary_is_left_over() -> None:
    assert {file.stem for file in SUMMARIES.iterdir()} == {file.stem for file in TRAINJOBS}
