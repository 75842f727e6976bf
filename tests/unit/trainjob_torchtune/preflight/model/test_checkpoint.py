from dataclasses import replace
from pathlib import Path

import pytest
from tests.factories.safetensors_file import whole_file
from tests.factories.training import checkpointer, training

from trainjob_torchtune.preflight.model.checkpoint import check_checkpoints

FILES = ("a.safetensors", "b.safetensors")


@pytest.fixture
def model(tmp_path: Path) -> Path:
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "config.json").write_text("{}")
    for name in FILES:
        (folder / name).write_bytes(whole_file(4))
    return folder


def test_all_there(model: Path) -> None:
    one = replace(checkpointer(model, files=FILES), needs_config=True)

    assert check_checkpoints(training(checkpointers=(one,))) is None


@pytest.mark.parametrize(
    ("missing", "sentence"),
    [
        (
            "b.safetensors",
            (
                "holds a.safetensors, config.json; if those are the weights, set "
                "checkpointer.checkpoint_files=[a.safetensors]."
            ),
        ),
        ("config.json", "holds a.safetensors, b.safetensors."),
    ],
)
def test_a_missing_file(model: Path, missing: str, sentence: str) -> None:
    (model / missing).unlink()
    one = replace(checkpointer(model, files=FILES), needs_config=True)
    violation = check_checkpoints(training(checkpointers=(one,)))

    assert violation is not None
    assert violation.message == f"The model file {model / missing} is missing; {model} {sentence}"


def test_a_missing_folder(tmp_path: Path) -> None:
    violation = check_checkpoints(training(checkpointers=(checkpointer(tmp_path / "model"),)))

    assert violation is not None
    assert violation.message == (
        f"There is no model folder {tmp_path}/model (checkpointer.checkpoint_dir); {tmp_path} is empty."
    )


@pytest.mark.parametrize(("is_resumed", "is_refused"), [(True, False), (False, True)])
def test_a_resumed_run_finds_files_among_its_output(model: Path, *, is_resumed: bool, is_refused: bool) -> None:
    epoch = model.parent / "output" / "epoch_0"
    epoch.mkdir(parents=True)
    (epoch / "m.safetensors").write_bytes(whole_file(4))
    one = checkpointer(model, files=("epoch_0/m.safetensors",), output=epoch.parent)

    violation = check_checkpoints(training(checkpointers=(one,), is_resumed=is_resumed))

    assert (violation is not None) is is_refused


POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 2471645608\n"


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        (
            "b.safetensors",
            POINTER,
            "is a pointer of Git LFS, which stands for a file that was not fetched: fetch the file",
        ),
        ("b.safetensors", b"", "is empty (0 bytes): download it again"),
        (
            "b.safetensors",
            b"\n<!DOCTYPE html><html><head><title>Sign in",
            "is an HTML page: the address leads to a web",
        ),
        ("b.safetensors", b"Entry not found", "is no safetensors file, it begins with b'Entry no': download it again."),
        ("b.safetensors", b'{"error": "Invalid token"}', "is no safetensors file, it begins with b'{\"error\"'"),
        ("b.safetensors", b"GGUF\x03", "is no safetensors file, it begins with b'GGUF"),
        ("b.safetensors", whole_file(64)[:40], "is cut off: 40 bytes are there, and its head alone is to have"),
        ("b.safetensors", whole_file(64)[:-1], "bytes, and by its own head it is to have"),
        ("b.safetensors", whole_file(64) + b"more", "bytes, and by its own head it is to have"),
        ("config.json", POINTER, "is a pointer of Git LFS"),
        ("model.pth", POINTER, "is a pointer of Git LFS"),
        ("model.pth", b"", "is empty (0 bytes)"),
    ],
)
def test_a_file_that_is_something_else(model: Path, name: str, content: bytes, words: str) -> None:
    (model / name).write_bytes(content)
    one = replace(
        checkpointer(model, files=(*FILES, "model.pth")[: 3 if name.endswith("pth") else 2]), needs_config=True
    )
    violation = check_checkpoints(training(checkpointers=(one,)))

    assert violation is not None
    assert violation.message.startswith(f"The model file {model / name} ")
    assert words in violation.message


@pytest.mark.parametrize(
    ("name", "content"),
    [
        pytest.param("a.safetensors", whole_file(), id="no-tensors"),
        pytest.param("a.safetensors", whole_file(3, 0, 5, metadata=False), id="an-empty-tensor"),
        pytest.param("a.safetensors", b"\x0a" + bytes(7) + b"{}        ", id="a-head-with-room"),
        pytest.param("a.pth", b"\x80\x02}q\x00.", id="pickle"),
        pytest.param("a.bin", b"anything", id="bin"),
        pytest.param("a", b"whatever", id="no-suffix"),
    ],
)
def test_unusual_files_that_may_well_be_weights(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)

    assert check_checkpoints(training(checkpointers=(checkpointer(tmp_path, files=(name,)),))) is None
