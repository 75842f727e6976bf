"""Mistakes that the download finds, in the words of the page for users."""

import os
from pathlib import Path

import pytest
from tests.hub import HubServer
from tests.initializer.conftest import TOKEN, Container
from tests.troubleshooting import read_rows

ROWS = read_rows("initializer")
MISTAKES = {
    "a source that is not supported, in the runtime": ("s3://bucket/key", ""),
    "a repository that is not there": ("hf://org/missing", ""),
    "a revision that is not there": ("hf://org/model@v2", ""),
    "a gated model": ("hf://org/gated", ""),
    "a token that is wrong": ("hf://org/model", "hf_mistyped"),
    "a volume that is too small": ("hf://org/huge", ""),
    "a model without safetensors": ("hf://org/pickled", ""),
    "weights that are none": ("hf://org/pointers", ""),
}


def test_every_row_is_made() -> None:
    assert set(MISTAKES) == set(ROWS)


@pytest.mark.parametrize("mistake", MISTAKES)
def test_mistake(container: Container, hub: HubServer, shelf: Path, tmp_path: Path, mistake: str) -> None:
    hub.add_repo("model", "org/gated", shelf / "model", granted=[TOKEN])
    volume, huge = os.statvfs(tmp_path), tmp_path / "huge"
    huge.mkdir()
    with (huge / "model.safetensors").open("wb") as sparse:
        sparse.truncate(volume.f_bavail * volume.f_frsize + 10**11)
    hub.add_repo("model", "org/huge", huge)
    for name, file, content in (
        ("pickled", "pytorch_model.bin", "pickles"),
        ("pointers", "model.safetensors", "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n"),
    ):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "config.json").write_text("{}")
        (folder / file).write_text(content)
        hub.add_repo("model", f"org/{name}", folder)
    uri, token = MISTAKES[mistake]

    outcome = container.run("model", uri, ACCESS_TOKEN=token)

    assert outcome.code == ROWS[mistake].exit_code
    assert ROWS[mistake].pattern.match(outcome.termination)
