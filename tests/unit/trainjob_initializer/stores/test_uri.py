import pytest

from trainjob_contract.exit_codes import InitializerExitCode as ExitCode
from trainjob_initializer.failure import Failure
from trainjob_initializer.stores.uri import Kind, Source, parse_source

FORMS = "hf://org/repo, hf://repo, either with @revision, /folder or /folder/file behind it"


@pytest.mark.parametrize(
    ("uri", "repository", "revision", "path"),
    [
        ("hf://org/repo", "org/repo", None, ""),
        ("hf://org/repo/", "org/repo", None, ""),
        ("hf://name", "name", None, ""),
        ("hf://name@main", "name", "main", ""),
        ("hf://name@main/data", "name", "main", "data"),
        ("hf://org/repo/sub/dir", "org/repo", None, "sub/dir"),
        ("hf://org/repo/sub//dir/", "org/repo", None, "sub/dir"),
        ("hf://org/repo/data/train.parquet", "org/repo", None, "data/train.parquet"),
        ("hf://org/repo/odd@name.json", "org/repo", None, "odd@name.json"),
        ("hf://org/repo@v1.0", "org/repo", "v1.0", ""),
        ("hf://org/repo@v1.0/sub/dir", "org/repo", "v1.0", "sub/dir"),
        ("hf://org/repo@feature%2Fone/sub", "org/repo", "feature/one", "sub"),
        ("hf://org/repo@refs/pr/12", "org/repo", "refs/pr/12", ""),
        ("hf://org/repo@refs/convert/parquet/default", "org/repo", "refs/convert/parquet", "default"),
        ("hf://datasets/org/repo/data", "org/repo", None, "data"),
        ("HF://meta-llama/Llama-3.2-1B", "meta-llama/Llama-3.2-1B", None, ""),
    ],
)
def test_form(uri: str, repository: str, revision: str | None, path: str) -> None:
    assert parse_source(uri, Kind.DATASET) == Source(Kind.DATASET, repository, revision, path)


@pytest.mark.parametrize(
    ("uri", "sentence"),
    [
        ("s3://bucket/key", f"The storage URI s3://bucket/key is not supported: this version downloads {FORMS}."),
        ("org/repo", f"The storage URI org/repo is not supported: this version downloads {FORMS}."),
        ("hf://", f"The storage URI hf:// does not name a repository: write {FORMS}."),
        ("hf://@main", f"The storage URI hf://@main does not name a repository: write {FORMS}."),
        ("hf://org/repo@", f"The storage URI hf://org/repo@ does not name a repository: write {FORMS}."),
        ("hf://org/re po", f"The storage URI hf://org/re po does not name a repository: write {FORMS}."),
        ("hf://org/repo/../x", f"The storage URI hf://org/repo/../x does not name a repository: write {FORMS}."),
        (
            "hf://datasets/org/repo",
            "The storage URI hf://datasets/org/repo does not name a model, but one of the Hub's datasets.",
        ),
    ],
)
def test_refused(uri: str, sentence: str) -> None:
    assert parse_source(uri, Kind.MODEL) == Failure(ExitCode.USAGE, sentence)


@pytest.mark.parametrize(
    ("uri", "shown"),
    [
        ("s3://KEY:SECRET@bucket/x", "s3://***@bucket/x"),
        ("hf://user:hf_secret@org/repo", "hf://***@org/repo"),
        ("https://host/file?X-Amz-Signature=SECRET", "https://host/file?***"),
        ("s3://bucket/a@b:c", "s3://bucket/a@b:c"),
        ("s3://name@host/x", "s3://name@host/x"),
    ],
)
def test_no_secret_of_a_uri_is_told(uri: str, shown: str) -> None:
    failure = parse_source(uri, Kind.MODEL)

    assert isinstance(failure, Failure)
    assert f"The storage URI {shown} " in failure.sentence
