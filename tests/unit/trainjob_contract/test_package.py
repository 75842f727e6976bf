"""What is agreed on is in every wheel and image, and asks nothing of any of them."""

import ast
import re
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hatchling.builders.wheel import WheelBuilder
from tests.devcluster.cache import ROOT

import trainjob_contract

PACKAGE = Path(trainjob_contract.__file__).parent
MODULES = sorted(PACKAGE.rglob("*.py"))
PROJECTS = [ROOT, *(found.parent for found in sorted((ROOT / "images").glob("*/pyproject.toml")))]
DOCKERFILES = sorted((ROOT / "images").glob("*/Dockerfile"))


def imported(module: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(module.read_text())):
        match node:
            case ast.Import(names=names):
                yield from (name.name for name in names)
            case ast.ImportFrom(module=str(name), level=0):
                yield name
            case ast.ImportFrom():
                yield "a relative import"


@pytest.mark.parametrize("module", MODULES, ids=lambda path: path.name)
def test_it_needs_the_standard_library_alone(module: Path) -> None:
    allowed = {*sys.stdlib_module_names, PACKAGE.name}

    assert [name for name in imported(module) if name.partition(".")[0] not in allowed] == []


@pytest.mark.parametrize("project", PROJECTS, ids=lambda path: path.name)
def test_every_wheel_has_it(project: Path, tmp_path: Path) -> None:
    [wheel] = WheelBuilder(str(project)).build(directory=str(tmp_path))

    with zipfile.ZipFile(wheel) as archive:
        packed = {name for name in archive.namelist() if name.startswith(f"{PACKAGE.name}/")}
    assert packed == {f"{PACKAGE.name}/{module.relative_to(PACKAGE)}" for module in MODULES}


@pytest.mark.parametrize("dockerfile", DOCKERFILES, ids=lambda path: path.parent.name)
def test_every_image_has_it(dockerfile: Path) -> None:
    copied = {line.split()[1] for line in re.findall(r"^COPY (?!--from).*$", dockerfile.read_text(), re.MULTILINE)}

    assert copied & {"operator", "operator/trainjob_contract"}


@pytest.mark.parametrize(
    "link", sorted((ROOT / "images").glob("*/trainjob_contract")), ids=lambda path: path.parent.name
)
def test_there_is_one_of_it(link: Path) -> None:
    assert link.is_symlink()
    assert link.resolve() == (ROOT / "operator" / PACKAGE.name).resolve()
