import pytest

from trainjob_torchtune.data.formats import format_of, has_no_rows, is_doubtful


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a.jsonl.zst", "json"),
        ("a.NDJSON", "json"),
        ("a.tsv", "tsv"),
        ("a.csv.XZ", "csv"),
        ("a.txt.bz2", "text"),
        ("a.parquet", "parquet"),
        ("a.parquet.gz", None),
        ("a.arrow.zst", None),
        ("README.txt", None),
        ("metadata.json", None),
        ("poetry.lock", None),
        ("a.xlsx", None),
        ("metadata.jsonl", "json"),
        ("my_config.json", "json"),
        ("requirements.csv", "csv"),
    ],
)
def test_formats(name: str, expected: str | None) -> None:
    assert format_of(name) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("train_results.json", True),
        ("dataset-card.txt", True),
        ("schema_2.json", True),
        ("data_with_metadata_rows.jsonl", False),
        ("information.json", False),
        ("2024.csv", False),
    ],
)
def test_what_is_likely_about_rows(name: str, *, expected: bool) -> None:
    assert is_doubtful(name) is expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("_SUCCESS", True),
        ("NOTES.md", True),
        ("schema.json", True),
        ("README.md", False),
        ("part-0000", False),
        ("rows.data", False),
    ],
)
def test_what_would_be_read_in_vain(name: str, *, expected: bool) -> None:
    assert has_no_rows(name) is expected
