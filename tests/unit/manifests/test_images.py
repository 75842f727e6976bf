"""Every Dockerfile: what hadolint says, and a user that the kubelet can tell from root."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from tests.devcluster.cache import ROOT

DOCKERFILES = sorted((ROOT / "images").glob("*/Dockerfile"))


def test_there_are_dockerfiles() -> None:
    assert ROOT / "images" / "operator" / "Dockerfile" in DOCKERFILES


@pytest.mark.parametrize("dockerfile", DOCKERFILES, ids=lambda path: path.parent.name)
def test_hadolint_finds_nothing(dockerfile: Path) -> None:
    hadolint = Path(sys.executable).parent / "hadolint"

    done = subprocess.run([hadolint, "--no-color", dockerfile], capture_output=True, text=True, check=False)

    assert done.stdout + done.stderr == ""


@pytest.mark.parametrize("dockerfile", DOCKERFILES, ids=lambda path: path.parent.name)
def test_the_last_user_is_a_number_and_not_root(dockerfile: Path) -> None:
    users = re.findall(r"^USER (\S+)", dockerfile.read_text(), re.MULTILINE)

    assert users, "without USER the image runs as root"
    assert re.fullmatch(r"65532(:65532)?", users[-1])


@pytest.mark.parametrize("dockerfile", DOCKERFILES, ids=lambda path: path.parent.name)
def test_builders_without_a_registry_at_hand_can_read_it(dockerfile: Path) -> None:
    text = dockerfile.read_text()

    assert "# syntax=" not in text, "BuildKit would fetch that frontend"
    assert "<<" not in text, "buildah of Debian 12 knows no heredocs"
