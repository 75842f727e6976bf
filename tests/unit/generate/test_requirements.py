"""What images install: the pins that people write, with the hashes of wheels and of nothing else."""

import re
from pathlib import Path
from typing import Any

import pytest
from tests.devcluster.cache import ROOT

from trainjob_operator.generate.requirements import HEAD, NoWheelError, render

SOURCES = sorted((*ROOT.glob("images/*/requirements.in"), *ROOT.glob("images/*/variants/*.in")))
DOCKERFILES = sorted(ROOT.glob("images/*/Dockerfile"))


def wheel(tags: str, digest: str) -> dict[str, Any]:
    return {"url": f"https://index.example/a/bird-1.0-{tags}.whl", "hashes": {"sha256": digest}}


def lock(*wheels: dict[str, Any]) -> dict[str, Any]:
    return {"packages": [{"name": "bird", "version": "1.0", "sdist": {"hashes": {"sha256": "5d"}}, "wheels": wheels}]}


def pins(text: str) -> list[str]:
    """Give the pins in a text, with names in the one way of writing them."""
    found = re.findall(r"^([\w.-]+)(==\S+)", text, re.MULTILINE)
    return sorted(re.sub(r"[-_.]+", "-", name).lower() + version for name, version in found)


def test_hashes_are_those_of_wheels_that_an_image_may_take() -> None:
    wheels = (
        wheel("py3-none-any", "0f"),
        wheel("cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64", "0b"),
        wheel("cp311-cp311-manylinux_2_28_aarch64", "0a"),
        wheel("cp38-abi3-manylinux_2_36_x86_64", "0c"),
        wheel("cp312-cp312-manylinux_2_28_x86_64", "11"),
        wheel("cp312-abi3-manylinux_2_28_x86_64", "12"),
        wheel("cp311-cp311-musllinux_1_2_x86_64", "13"),
        wheel("cp311-cp311-macosx_11_0_arm64", "14"),
        wheel("cp311-cp311-win_amd64", "15"),
        wheel("cp311-cp311-manylinux_2_39_x86_64", "16"),
        wheel("cp311-cp311-manylinux_2_17_ppc64le", "17"),
    )

    hashes = "".join(f" \\\n    --hash=sha256:{digest}" for digest in ("0a", "0b", "0c", "0f"))
    assert render(lock(*wheels), "r.in") == f"{HEAD.format(source='r.in')}bird==1.0{hashes}\n"


def test_what_would_have_to_be_built_is_refused() -> None:
    with pytest.raises(NoWheelError, match=r"bird==1\.0 has no wheel"):
        render(lock(wheel("cp311-cp311-win_amd64", "15")), "requirements.in")


def test_there_are_sources() -> None:
    assert len(SOURCES) == len(DOCKERFILES) + 2


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_each_file_has_the_pins_of_its_source_and_a_hash_for_each(source: Path) -> None:
    written = source.with_suffix(".txt").read_text()

    assert pins(written) == pins(source.read_text()), "run `make requirements`"
    blocks = written.replace(" \\\n", " ").splitlines()[1:]
    assert all(re.fullmatch(r"\S+==\S+(?: +--hash=sha256:[0-9a-f]{64})+", block) for block in blocks)


@pytest.mark.parametrize("pin", ["torch==", "pyarrow==", "cffi==", "hf-xet=="])
def test_what_is_compiled_has_hashes_for_both_machines(pin: str) -> None:
    texts = (source.with_suffix(".txt").read_text() for source in SOURCES)
    blocks = [block for text in texts for block in text.replace(" \\\n", " ").splitlines() if block.startswith(pin)]

    assert blocks
    assert all(block.count("--hash=") > 1 for block in blocks)


@pytest.mark.parametrize("dockerfile", DOCKERFILES, ids=lambda path: path.parent.name)
def test_images_take_nothing_without_a_hash(dockerfile: Path) -> None:
    installs = re.findall(r"pip \S+ \S+ install .+", dockerfile.read_text())

    assert installs
    assert all("--require-hashes" in one or "--no-index" in one for one in installs)
