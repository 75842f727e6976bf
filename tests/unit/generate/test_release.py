"""A release, made as a whole and without a network."""

import json
import shutil
import zipfile
from pathlib import Path

import pytest
from tests.devcluster import binaries
from tests.devcluster.cache import ROOT

from trainjob_operator import __version__
from trainjob_operator.generate.release import IMAGES, make_release

PARTS = ("CHANGELOG.md", "LICENSE", "README.md", "images", "manifests", "operator", "pyproject.toml", "runtimes")


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout whose changelog has a section of this version."""
    monkeypatch.setenv("PATH", str(binaries.tools()), prepend=":")
    ignored = shutil.ignore_patterns("__pycache__", "*.egg-info")
    for part in (ROOT / name for name in PARTS):
        if part.is_dir():
            shutil.copytree(part, tmp_path / part.name, symlinks=True, ignore=ignored)
        else:
            shutil.copy(part, tmp_path)
    changelog = tmp_path / "CHANGELOG.md"
    changelog.write_text(f"## [Unreleased]\n\n## [{__version__}] - 2030-01-02\n\n- A thing.\n")
    return tmp_path


def test_a_release(checkout: Path) -> None:
    dist = checkout / "dist"

    lines = make_release(checkout, dist)

    files = {file.name for file in dist.iterdir()}
    [wheel] = dist.glob("trainjob_operator-*.whl")
    bills = {f"sbom-{image.label}.cdx.json" for image in IMAGES}
    assert files == {"NOTES.md", f"trainjob-operator-{__version__}.tgz", wheel.name, *bills}
    assert (dist / "NOTES.md").read_text() == "- A thing.\n"
    with zipfile.ZipFile(wheel) as archive:
        inside = archive.namelist()
    assert "trainjob_operator/plan/runtimes/torchtune-llama3.2-1b.yaml" in inside
    assert not [name for name in inside if "generate" in name]
    bill = json.loads((dist / "sbom-torchtune-qat-lora.cdx.json").read_text())
    assert [part["version"] for part in bill["components"] if part["name"] == "torchao"] == ["0.11.0"]
    assert all(any(file in line for line in lines) for file in files)
    pushed = [line.removeprefix("docker push ") for line in lines if line.startswith("docker push")]
    assert pushed == [image.tag for image in IMAGES]


def test_a_version_that_the_changelog_does_not_know(checkout: Path) -> None:
    (checkout / "CHANGELOG.md").write_text("## [Unreleased]\n")

    with pytest.raises(ValueError, match=f"make version VERSION={__version__}"):
        make_release(checkout, checkout / "dist")
    assert not (checkout / "dist").exists()


def test_images_are_built_as_their_readmes_say() -> None:
    said = "".join(file.read_text() for file in (ROOT / "images").glob("*/README.md"))

    assert [image.build for image in IMAGES if image.build not in said] == []


def test_every_variant_is_an_image() -> None:
    variants = {file.stem for file in (ROOT / "images" / "torchtune" / "variants").glob("*.txt")}

    assert variants == {image.variant for image in IMAGES} - {""}
