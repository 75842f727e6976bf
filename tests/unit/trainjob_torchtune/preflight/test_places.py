"""Tokenizer, output, accelerators, and folders in words."""

from pathlib import Path

import pytest
from tests.factories.training import checkpointer, training

from trainjob_torchtune.preflight.folder import describe
from trainjob_torchtune.preflight.model.tokenizer import check_tokenizer
from trainjob_torchtune.preflight.run.accelerators import check_accelerators
from trainjob_torchtune.preflight.run.output import check_output
from trainjob_torchtune.run.topology import Topology


def test_the_tokenizers_files(tmp_path: Path) -> None:
    (tmp_path / "vocab.json").write_text("{}")
    there, missing = ("tokenizer.path", tmp_path / "vocab.json"), ("tokenizer.merges_file", tmp_path / "merges.txt")

    assert check_tokenizer(training(tokenizer_files=(there,))) is None
    violation = check_tokenizer(training(tokenizer_files=(there, missing)))
    assert violation is not None
    assert violation.message == (
        f"The tokenizer file {tmp_path}/merges.txt (tokenizer.merges_file) is missing; {tmp_path} holds vocab.json."
    )


def test_output_is_made_and_left_empty(tmp_path: Path) -> None:
    assert check_output(training(output=tmp_path / "a" / "b")) is None
    assert list(tmp_path.rglob("*")) == [tmp_path / "a", tmp_path / "a" / "b"]


def test_output_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    violation = check_output(training(output=tmp_path / "file" / "output"))

    assert violation is not None
    assert violation.message.startswith(
        f"The output folder {tmp_path}/file/output cannot be written (Not a directory); "
    )


@pytest.mark.parametrize("output", ["model", "model/output", "link"])
def test_output_inside_the_model(tmp_path: Path, output: str) -> None:
    (tmp_path / "model").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "model")
    one = checkpointer(tmp_path / "model", output=tmp_path / output)
    violation = check_output(training(checkpointers=(one,)))

    assert violation is not None
    assert "lies inside checkpointer.checkpoint_dir=" in violation.message


@pytest.mark.parametrize(
    ("device", "processes", "visible", "message"),
    [
        ("cpu", 4, 0, None),
        ("cuda", 2, 2, None),
        ("cuda", 1, 8, None),
        ("cuda", 4, None, None),
        ("cuda:0", 1, 0, "The container sees no GPU, but device=cuda: "),
        ("cuda", 4, 2, "4 processes are to train on this node, but its container sees 2 GPU(s): "),
    ],
)
def test_a_gpu_for_every_process(device: str, processes: int, visible: int | None, message: str | None) -> None:
    violation = check_accelerators(training(device=device), Topology(1, processes, 0), visible)

    assert violation is None if message is None else violation is not None and violation.message.startswith(message)


def test_folders_in_words(tmp_path: Path) -> None:
    assert describe(tmp_path) == f"{tmp_path} is empty"
    for name in "abcdefghij":
        (tmp_path / name).touch()
    (tmp_path / "a.d").mkdir()
    (tmp_path / ".hidden").touch()

    assert describe(tmp_path / "not" / "there") == f"{tmp_path} holds a, a.d/, b, c, d, e, f, g and 3 more"


@pytest.mark.parametrize("content", [b"", b"<html>", b"version https://git-lfs.github.com/spec/v1\noid sha256:1\n"])
def test_a_tokenizer_file_that_is_something_else(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "tokenizer.model"
    path.write_bytes(content)
    violation = check_tokenizer(training(tokenizer_files=(("tokenizer.path", path),)))

    assert violation is not None
    assert violation.message.startswith(f"The tokenizer file {path} (tokenizer.path) is ")


@pytest.mark.parametrize(
    ("key", "content"),
    [
        ("tokenizer.merges_file", b""),
        ("tokenizer.merges_file", b"#version: 0.2\n< html\n"),
        ("tokenizer.path", b"\x0a\x0e\x0a\x05<unk>"),
        ("tokenizer.path", b"PGh0bWw+ 0\n"),
    ],
)
def test_unusual_tokenizer_files(tmp_path: Path, key: str, content: bytes) -> None:
    path = tmp_path / "tokens"
    path.write_bytes(content)

    assert check_tokenizer(training(tokenizer_files=((key, path),))) is None
