import pytest

from trainjob_contract.storage_uri import Kind, Source, UnreadableUri, parse_source

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
        ("hf://org/repo/tree", "org/repo", None, "tree"),
        ("hf://org/repo/trees/oak", "org/repo", None, "trees/oak"),
        ("hf://org/repo/data/tree/main", "org/repo", None, "data/tree/main"),
        ("hf://org/repo@main/tree/oak", "org/repo", "main", "tree/oak"),
        ("hf://org/repo/raw", "org/repo", None, "raw"),
        ("hf://org/repo/raw/2024.parquet", "org/repo", None, "raw/2024.parquet"),
        ("hf://org/repo/raw/deadbeef", "org/repo", None, "raw/deadbeef"),
        ("hf://org/repo/blob/vocabulary.txt", "org/repo", None, "blob/vocabulary.txt"),
        ("hf://org/repo/resolve/mainland", "org/repo", None, "resolve/mainland"),
        ("hf://org/tree/main", "org/tree", None, "main"),
        ("hf://org/some.data.v1.5", "org/some.data.v1.5", None, ""),
        ("hf://org/github", "org/github", None, ""),
        ("hf://org/repo/exported.git/config.json", "org/repo", None, "exported.git/config.json"),
        ("hf://org/repo@v1.git", "org/repo", "v1.git", ""),
        ("hf://org/repo/huggingface.co/Org", "org/repo", None, "huggingface.co/Org"),
        ("hf://huggingface/CodeBERTa-small-v1", "huggingface/CodeBERTa-small-v1", None, ""),
        ("hf://org/repo/mail@host:8080/x@y", "org/repo", None, "mail@host:8080/x@y"),
        ("hf://hf_internal_testing@main", "hf_internal_testing", "main", ""),
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
        ("hf://org/re po/tree/x", f"The storage URI hf://org/re po/tree/x does not name a repository: write {FORMS}."),
        (
            "https://example.com/x",
            f"The storage URI https://example.com/x is not supported: this version downloads {FORMS}.",
        ),
        (
            "https://huggingface.co/docs/hub",
            f"The storage URI https://huggingface.co/docs/hub is not supported: this version downloads {FORMS}.",
        ),
        (
            "https://huggingface.co/",
            f"The storage URI https://huggingface.co/ is not supported: this version downloads {FORMS}.",
        ),
        (
            "https://huggingface.co/datasets/o/r",
            "The storage URI https://huggingface.co/datasets/o/r does not name a model, but one of the Hub's datasets.",
        ),
        ("hf://org/re po", f"The storage URI hf://org/re po does not name a repository: write {FORMS}."),
        ("hf://hf.co/hf.co/x", f"The storage URI hf://hf.co/hf.co/x does not name a repository: write {FORMS}."),
        ("hf://org/repo/../x", f"The storage URI hf://org/repo/../x does not name a repository: write {FORMS}."),
        (
            "hf://datasets/org/repo",
            "The storage URI hf://datasets/org/repo does not name a model, but one of the Hub's datasets.",
        ),
    ],
)
def test_refused(uri: str, sentence: str) -> None:
    read = parse_source(uri, Kind.MODEL)

    assert isinstance(read, UnreadableUri)
    assert (str(read), read.meant, read.has_secrets) == (sentence, "", False)


SHA = "0123456789abcdef" * 2 + "01234567"
PAGE = "is the address of a page: write {}"
VIEW = "has /{} in it, as addresses of pages do: write {{}}, or hf://Org/Model@main/{} for such a folder"


@pytest.mark.parametrize(
    ("uri", "problem", "meant"),
    [
        ("https://huggingface.co/Org/Model", PAGE, "hf://Org/Model"),
        ("HTTPS://HuggingFace.co/Org/Model/", PAGE, "hf://Org/Model"),
        ("http://hf.co/Org/Model?library=transformers#usage", PAGE, "hf://Org/Model"),
        ("https://huggingface.co/models/Org/Model", PAGE, "hf://Org/Model"),
        ("https://huggingface.co/Org/Model.git", PAGE, "hf://Org/Model"),
        ("https://huggingface.co/Org/Model/discussions/3", PAGE, "hf://Org/Model"),
        ("https://huggingface.co/Org/Model/tree/main/original", PAGE, "hf://Org/Model@main/original"),
        ("https://huggingface.co/Org/Model/blob/main/a.json", PAGE, "hf://Org/Model@main/a.json"),
        ("https://huggingface.co/Org/Model/tree/refs%2Fpr%2F1", PAGE, "hf://Org/Model@refs%2Fpr%2F1"),
        ("https://huggingface.co/gpt2", PAGE, "hf://gpt2"),
        ("https://huggingface.co/gpt2/tree/main/onnx", PAGE, "hf://gpt2@main/onnx"),
        ("hf://huggingface.co/Org/Model", PAGE, "hf://Org/Model"),
        ("hf://huggingface.co/Org/Model@v1/data", PAGE, "hf://Org/Model@v1/data"),
        ("hf://huggingface.co/Org/Model/tree/main", PAGE, "hf://Org/Model@main"),
        ("hf://Org/Model/tree/main", VIEW.format("tree/main", "tree/main"), "hf://Org/Model@main"),
        ("hf://Org/Model/tree/v2/a/b", VIEW.format("tree/v2", "tree/v2/a/b"), "hf://Org/Model@v2/a/b"),
        ("hf://Org/Model/blob/master/a", VIEW.format("blob/master", "blob/master/a"), "hf://Org/Model@master/a"),
        (f"hf://Org/Model/raw/{SHA}/a", VIEW.format(f"raw/{SHA}", f"raw/{SHA}/a"), f"hf://Org/Model@{SHA}/a"),
        ("hf://Org/Model/resolve/v1.0/a", VIEW.format("resolve/v1.0", "resolve/v1.0/a"), "hf://Org/Model@v1.0/a"),
        (
            "hf://Org/Model/raw/refs/pr/7/a",
            VIEW.format("raw/refs/pr/7", "raw/refs/pr/7/a"),
            "hf://Org/Model@refs%2Fpr%2F7/a",
        ),
        ("hf://Org/Model.git", "has a name that ends in .git, as addresses of clones do: write {}", "hf://Org/Model"),
        ("hf://Org/Model@", "has no revision behind its @: write {}", "hf://Org/Model"),
        (
            "hf://Org/Model.git@/data",
            "has a name that ends in .git, as addresses of clones do: write {}",
            "hf://Org/Model/data",
        ),
    ],
)
def test_pasted_addresses_are_refused_with_what_was_meant(uri: str, problem: str, meant: str) -> None:
    read = parse_source(uri, Kind.MODEL)

    assert read == UnreadableUri(uri, problem.format(meant), meant) or str(read).startswith(
        "The storage URI http://hf.co/Org/Model?*** is"
    )
    assert isinstance(parse_source(meant, Kind.MODEL), Source)


def test_the_page_of_a_data_set() -> None:
    read = parse_source("https://huggingface.co/datasets/Org/Rows/viewer/default/train", Kind.DATASET)

    assert isinstance(read, UnreadableUri)
    assert read.meant == "hf://Org/Rows"


HF = "hf_" + "a1B2" * 9


@pytest.mark.parametrize(
    ("uri", "shown", "remedy"),
    [
        ("s3://KEY:SECRET@bucket/x", "s3://***@bucket/x", "ACCESS_KEY_ID and SECRET_ACCESS_KEY"),
        ("s3://KEY:SEC/RET+=@bucket/x", "s3://***@bucket/x", "ACCESS_KEY_ID and SECRET_ACCESS_KEY"),
        ("s3://KEY:P@SS@bucket/x", "s3://***@bucket/x", "ACCESS_KEY_ID and SECRET_ACCESS_KEY"),
        ("hf://user:hf_secret@org/repo", "hf://***@org/repo", "ACCESS_TOKEN"),
        (f"hf://{HF}@org/repo", "hf://***@org/repo", "ACCESS_TOKEN"),
        (f"https://user:{HF}@huggingface.co/org/repo", "https://***@huggingface.co/org/repo", "ACCESS_KEY_ID"),
    ],
)
def test_credentials_belong_into_a_secret_and_are_not_told(uri: str, shown: str, remedy: str) -> None:
    read = parse_source(uri, Kind.MODEL)

    assert isinstance(read, UnreadableUri)
    assert read.has_secrets
    assert str(read).startswith(f"The storage URI {shown} has credentials in it")
    assert remedy in read.problem


@pytest.mark.parametrize(
    ("uri", "shown"),
    [
        ("https://host/file?X-Amz-Signature=SECRET", "https://host/file?***"),
        ("s3://bucket/a@b:c", "s3://bucket/a@b:c"),
        ("s3://name@host/x", "s3://name@host/x"),
        ("s3://arn:aws:s3:eu-west-1:1:accesspoint/x/a@b", "s3://***@b"),
        ("s3://minio:9000/bucket/a@b", "s3://***@b"),
        ("org/repo", "org/repo"),
        ("KEY:SECRET@bucket/x", "***@bucket/x"),
    ],
)
def test_others_have_none_and_are_shown_without_what_may_be_one(uri: str, shown: str) -> None:
    read = parse_source(uri, Kind.MODEL)

    assert isinstance(read, UnreadableUri)
    assert (read.shown, read.has_secrets) == (shown, False)


def test_a_megabyte_is_read_at_once() -> None:
    for uri in ("hf://" + "hf.co/" * 200_000, "hf://" + "a:" * 500_000, "hf://" + "-" * 1_000_000):
        assert isinstance(parse_source(uri, Kind.MODEL), UnreadableUri)
