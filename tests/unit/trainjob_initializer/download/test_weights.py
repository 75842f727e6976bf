import json
from pathlib import Path

import pytest

from trainjob_contract.exit_codes import InitializerExitCode as ExitCode
from trainjob_contract.storage_uri import Kind, Source
from trainjob_initializer.download.selection import RemoteFile
from trainjob_initializer.download.weights import find_impostor, find_index, find_lack, read_index, without_copies

MODEL = Source(Kind.MODEL, "org/repo")
SHARDS = ("model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors")


def files(*paths: str, size: int = 1) -> tuple[RemoteFile, ...]:
    return tuple(RemoteFile(path, size) for path in paths)


def kept(source: Source, named: frozenset[str], *paths: str) -> list[str]:
    return [file.path for file in without_copies(files(*paths), source, named)]


@pytest.mark.parametrize(
    ("named", "copies"),
    [
        (frozenset(SHARDS), ["consolidated.safetensors", "fp16/model.safetensors", "model.Q4.gguf"]),
        (frozenset(SHARDS), ["model.safetensors", "model.fp16-00001-of-00002.safetensors"]),
        (frozenset[str](), ["consolidated.safetensors", "fp16/model.safetensors", "q/model.gguf"]),
    ],
    ids=["other-layouts", "other-names", "no-index"],
)
def test_copies_are_left_out(named: frozenset[str], copies: list[str]) -> None:
    wanted = ["config.json", *SHARDS, "fp16/config.json"]

    assert kept(MODEL, named, *wanted, *copies) == wanted


@pytest.mark.parametrize(
    ("source", "named", "paths"),
    [
        (MODEL, frozenset({"weights-a.safetensors"}), ["weights-a.safetensors", "adapter_model.safetensors"]),
        (MODEL, frozenset({"gone.safetensors"}), ["model.safetensors"]),
        (MODEL, frozenset[str](), ["pytorch_model.safetensors", "ema.safetensors"]),
        (MODEL, frozenset[str](), ["config.json", "unet/model.safetensors", "vae/model.safetensors"]),
        (MODEL, frozenset[str](), ["model.gguf"]),
        (Source(Kind.MODEL, "org/repo", path="fp16"), frozenset[str](), ["fp16/model.safetensors"]),
        (
            Source(Kind.MODEL, "org/repo", path="consolidated.safetensors"),
            frozenset[str](),
            ["consolidated.safetensors"],
        ),
        (Source(Kind.DATASET, "org/repo"), frozenset[str](), ["model.safetensors", "consolidated.safetensors"]),
    ],
    ids=["odd-names", "index-of-others", "no-usual-name", "components", "gguf", "folder", "one-file", "dataset"],
)
def test_what_is_there_once_is_kept(source: Source, named: frozenset[str], paths: list[str]) -> None:
    assert kept(source, named, *paths) == paths


def test_the_index_is_that_of_the_folder() -> None:
    listing = files("model.safetensors.index.json", "sub/model.safetensors.index.json")

    assert find_index(listing, MODEL) == listing[0]
    assert find_index(listing, Source(Kind.MODEL, "org/repo", path="sub")) == listing[1]
    assert find_index(listing, Source(Kind.DATASET, "org/repo")) is None


@pytest.mark.parametrize("text", [b"", b"<html>", b"[]", b'{"weight_map": 1}', b"\xff"])
def test_a_damaged_index_names_nothing(text: bytes) -> None:
    assert read_index(text) == frozenset()


def test_index() -> None:
    text = json.dumps({"weight_map": {"a": "x.safetensors", "b": "x.safetensors", "c": "y.safetensors"}})

    assert read_index(text.encode()) == {"x.safetensors", "y.safetensors"}


@pytest.mark.parametrize(
    ("others", "pattern"),
    [
        (["pytorch_model-00001-of-00002.bin", "pytorch_model-00002-of-00002.bin"], "*.bin"),
        (["model.Q4_K_M.gguf"], "*.gguf"),
        (["original/consolidated.00.pth"], "*.pth"),
    ],
    ids=["bin", "gguf", "pth"],
)
def test_weights_that_the_trainer_cannot_read(others: list[str], pattern: str) -> None:
    listing = files("config.json", *others)

    failure = find_lack(listing, files("config.json"), MODEL, [])

    assert failure is not None
    assert failure.code is ExitCode.NO_WEIGHTS
    assert failure.sentence == (
        f"The model org/repo has no weights in *.safetensors, which the trainer reads, but {', '.join(others)}: name a"
        " repository or a revision that has them (often refs/pr/N, from the Hub's converter); to do without weights,"
        f" set IGNORE_PATTERNS={pattern}."
    )
    assert find_lack(listing, files("config.json"), MODEL, [pattern]) is None


@pytest.mark.parametrize(
    ("source", "paths"),
    [
        (MODEL, ["tokenizer.json", "training_args.bin"]),
        (MODEL, ["adapter_model.safetensors", "adapter_model.bin"]),
        (MODEL, ["model.safetensors", "pytorch_model.bin", "model.gguf"]),
        (Source(Kind.MODEL, "org/repo", path="pytorch_model.bin"), ["pytorch_model.bin"]),
        (Source(Kind.DATASET, "org/repo"), ["pytorch_model.bin"]),
    ],
    ids=["tokenizer-alone", "adapter", "both", "one-file", "dataset"],
)
def test_no_lack(source: Source, paths: list[str]) -> None:
    assert find_lack(files(*paths), files(*paths), source, []) is None


def test_empty_weights() -> None:
    listing = files("model.safetensors", size=0)

    failure = find_lack(listing, listing, MODEL, [])

    assert failure is not None
    assert failure.sentence == (
        "The model org/repo has no weights: model.safetensors is empty; upload it again, or name a revision in which"
        " it is whole."
    )


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (
            b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n",
            "is a Git LFS pointer instead of what it points to",
        ),
        (b"\n<!DOCTYPE html><html>", "is an HTML page"),
    ],
    ids=["pointer", "page"],
)
def test_impostors(tmp_path: Path, content: bytes, what: str) -> None:
    (tmp_path / "model.safetensors").write_bytes(content)

    failure = find_impostor(tmp_path, files("model.safetensors"), MODEL)

    assert failure is not None
    assert failure.sentence.startswith(f"The model org/repo has no weights: model.safetensors {what}; ")


@pytest.mark.parametrize("content", [b"\x02\0\0\0\0\0\0\0{}", b"GGUF", b"version of ours"])
def test_weights_are_no_impostors(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "model.safetensors").write_bytes(content)

    assert find_impostor(tmp_path, files("model.safetensors"), MODEL) is None
