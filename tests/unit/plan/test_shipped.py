import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest
from tests.devcluster.cache import ROOT
from tests.factories.rendering import RUNTIMES, read

from trainjob_operator.api.runtime import parse_runtime
from trainjob_operator.api.trainjob import RuntimeRef
from trainjob_operator.plan.shipped import shipped_names, shipped_runtime

FILES = {file.stem: file for file in RUNTIMES.glob("*.yaml") if file.stem != "kustomization"}


def test_all_runtimes_of_the_project_are_shipped() -> None:
    assert shipped_names() == tuple(sorted(FILES))


@pytest.mark.parametrize("name", FILES)
def test_each_is_found_by_its_name(name: str) -> None:
    assert shipped_runtime(RuntimeRef(name=name)) == parse_runtime(read(FILES[name]))


def test_the_package_holds_them(tmp_path: Path) -> None:
    """They are a link in the checkout, for which the builder has to take what it leads to."""
    pip = (sys.executable, "-m", "pip", "wheel", "--quiet", "--disable-pip-version-check", "--no-index")
    subprocess.run([*pip, "--no-deps", "--no-build-isolation", f"--wheel-dir={tmp_path}", ROOT], check=True)

    with ZipFile(next(tmp_path.glob("*.whl"))) as wheel:
        for name, file in FILES.items():
            assert wheel.read(f"trainjob_operator/plan/runtimes/{name}.yaml") == file.read_bytes()


@pytest.mark.parametrize(
    "ref",
    [
        RuntimeRef(name="torch-distributed", kind="TrainingRuntime"),
        RuntimeRef(name="kustomization"),
        RuntimeRef(name="../runtimes/torch-distributed"),
    ],
    ids=str,
)
def test_nothing_else_is_found(ref: RuntimeRef) -> None:
    assert shipped_runtime(ref) is None
