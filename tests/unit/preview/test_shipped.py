import pytest
import yaml
from tests.unit.manifests.rendering import RUNTIMES

from trainjob_operator.api.runtime import parse_runtime
from trainjob_operator.api.trainjob import RuntimeRef
from trainjob_operator.preview.shipped import shipped_names, shipped_runtime

FILES = {file.stem: file for file in RUNTIMES.glob("*.yaml") if file.stem != "kustomization"}


def test_all_runtimes_of_the_project_are_shipped() -> None:
    assert shipped_names() == tuple(sorted(FILES))


@pytest.mark.parametrize("name", FILES)
def test_copies_are_up_to_date(name: str) -> None:
    assert shipped_runtime(RuntimeRef(name=name)) == parse_runtime(yaml.safe_load(FILES[name].read_text())), (
        "run `make crds`"
    )


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
