import re
import shutil
import subprocess
from pathlib import Path

import pytest
from tests.devcluster.cache import ROOT

from trainjob_operator import __version__
from trainjob_operator.generate.version import PLACES, set_version

NOT_OURS = {"absent"}
"""An image that tests want not to be there."""

_IMAGE = re.compile(r"ghcr\.io/trainjob-operator/(?P<name>[\w-]+):(?P<tag>\d+\.\d+\.\d+(?:-rc\.\d+)?)")
_FIELD = re.compile(
    r"(?:^version|appVersion|app\.kubernetes\.io/version|trainjob_operator_version)(?:: | = )\"?([^\s\"]+)"
)


def tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, check=True)
    files = [ROOT / name for name in listed.stdout.decode().splitlines()]
    return [file for file in files if file.is_file() and file.suffix not in {".json", ".sum"}]


def test_all_images_have_the_version_for_a_tag() -> None:
    others = {
        str(file.relative_to(ROOT))
        for file in tracked()
        for image in _IMAGE.finditer(file.read_text(errors="replace"))
        if image["tag"] != __version__ and image["name"] not in NOT_OURS
    }

    assert others == set()


def test_all_fields_of_a_version_say_it() -> None:
    files = [file for file in tracked() if {"images", "manifests"} & {*file.relative_to(ROOT).parts}]
    said = {
        (str(file.relative_to(ROOT)), version)
        for file in files
        if file.suffix in {".yaml", ".toml"} and not file.is_relative_to(ROOT / "manifests" / "chart" / "templates")
        for line in file.read_text().splitlines()
        for version in _FIELD.findall(line)
    }

    assert {file for file, _ in said} >= {"manifests/chart/Chart.yaml", "images/torchtune/pyproject.toml"}
    assert {version for _, version in said} == {__version__}


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    for place in PLACES:
        (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / place, tmp_path / place)
    return tmp_path


def test_one_command_sets_it_everywhere(copy: Path) -> None:
    set_version(copy, __version__, "12.3.4-rc.1")
    changed = {place for place in PLACES if "12.3.4-rc.1" in (copy / place).read_text()}
    set_version(copy, "12.3.4-rc.1", __version__)

    assert changed == set(PLACES)
    assert {place for place in PLACES if (copy / place).read_bytes() != (ROOT / place).read_bytes()} == set()


def test_the_same_number_of_something_else_stays(copy: Path) -> None:
    set_version(copy, __version__, "0.6.1")
    set_version(copy, "0.6.1", "0.7.0")

    readme = (copy / "images/torchtune/README.md").read_text()
    assert "torchtune:0.7.0" in readme
    assert "TorchTune 0.6.1" in readme
    assert "TorchTune 0.7.0" not in readme


@pytest.mark.parametrize("version", ["1.2", "v1.2.3", "1.2.3rc1", "1.2.3-beta", "1.2.3\n"])
def test_what_helm_or_python_would_not_take(copy: Path, version: str) -> None:
    with pytest.raises(ValueError, match="is no version that Helm and Python both take"):
        set_version(copy, __version__, version)


def test_a_place_without_it_is_named_and_nothing_is_written(copy: Path) -> None:
    (copy / PLACES[-1]).write_text("nothing")

    with pytest.raises(ValueError, match=re.escape(PLACES[-1])):
        set_version(copy, __version__, "1.2.3")
    assert (copy / PLACES[0]).read_bytes() == (ROOT / PLACES[0]).read_bytes()
