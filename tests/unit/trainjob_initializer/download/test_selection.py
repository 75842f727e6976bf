import pytest

from trainjob_contract.exit_codes import InitializerExitCode as ExitCode
from trainjob_contract.storage_uri import Kind, Source
from trainjob_initializer.download.selection import RemoteFile, select
from trainjob_initializer.failure import Failure

FILES = tuple(
    RemoteFile(path, 1)
    for path in ("README.md", "config.json", "a.safetensors", "a.bin", "original/tokenizer.model", "data.json/x.txt")
)
MODEL = Source(Kind.MODEL, "org/repo")
DATASET = Source(Kind.DATASET, "org/repo")
ONLY = "only *.json *.safetensors *.model *.txt *.gguf *.jinja are downloaded"


@pytest.mark.parametrize(
    ("source", "ignored", "paths"),
    [
        (DATASET, [], [file.path for file in FILES]),
        (DATASET, ["*.md", "data*"], ["config.json", "a.safetensors", "a.bin", "original/tokenizer.model"]),
        (MODEL, [], ["config.json", "a.safetensors", "original/tokenizer.model", "data.json/x.txt"]),
        (MODEL, ["*.txt", "original/"], ["config.json", "a.safetensors"]),
        (Source(Kind.MODEL, "org/repo", path="original"), [], ["original/tokenizer.model"]),
        (Source(Kind.MODEL, "org/repo", path="a.bin"), [], ["a.bin"]),
        (Source(Kind.DATASET, "org/repo", path="data.json"), [], ["data.json/x.txt"]),
    ],
    ids=["dataset", "dataset-ignored", "model", "model-ignored", "folder", "one-file-that-was-asked-for", "no-prefix"],
)
def test_selected(source: Source, ignored: list[str], paths: list[str]) -> None:
    assert select(FILES, source, ignored) == tuple(RemoteFile(path, 1) for path in paths)


@pytest.mark.parametrize(
    ("files", "source", "ignored", "failure"),
    [
        (
            FILES,
            Source(Kind.DATASET, "org/repo", path="dat"),
            [],
            Failure(
                ExitCode.NOT_FOUND,
                "The dataset org/repo has no dat, it has README.md, config.json, a.safetensors, a.bin, original,"
                " data.json: check initializer.dataset.storageUri.",
            ),
        ),
        (
            FILES[3:4],
            MODEL,
            [],
            Failure(
                ExitCode.NOTHING_MATCHED,
                f"Nothing of the model org/repo would be downloaded: {ONLY}, but it has a.bin.",
            ),
        ),
        (
            FILES[1:4],
            MODEL,
            ["*.json", "a*"],
            Failure(
                ExitCode.NOTHING_MATCHED,
                f"Nothing of the model org/repo would be downloaded: {ONLY}, and IGNORE_PATTERNS leaves out *.json a*,"
                " but it has config.json, a.safetensors, a.bin.",
            ),
        ),
        (
            (),
            MODEL,
            [],
            Failure(ExitCode.NOTHING_MATCHED, "The model org/repo has no files: check initializer.model.storageUri."),
        ),
    ],
    ids=["no-such-path", "no-pattern-matches", "all-ignored", "empty"],
)
def test_nothing(files: tuple[RemoteFile, ...], source: Source, ignored: list[str], failure: Failure) -> None:
    assert select(files, source, ignored) == failure
