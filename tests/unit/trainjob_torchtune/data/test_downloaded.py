from pathlib import Path

import pytest

from trainjob_contract.tune_run import TuneRun
from trainjob_torchtune.data.downloaded import PreparedRun, find_downloads, use_download
from trainjob_torchtune.violation import Violation

BUILDER = "torchtune.datasets.instruct_dataset"
DEFAULT = "dataset.source=parquet dataset.data_dir={downloads}/data"


def settle(downloads: Path, words: str, *, is_shipped: bool = True, builder: str = BUILDER) -> object:
    words = words.replace("{downloads}", str(downloads))
    run = TuneRun((), "recipe", "config", tuple(words.split()))
    options = dict(word.removeprefix("dataset.").split("=", 1) for word in run.overrides if word.startswith("dataset."))
    return use_download(
        run, {"_component_": builder, **options}, downloads, downloads.parent / "links", is_shipped=is_shipped
    )


def fill(downloads: Path, names: str) -> None:
    for name in names.split():
        (downloads / name).parent.mkdir(parents=True, exist_ok=True)
        (downloads / name).write_text("{}")


@pytest.mark.parametrize(
    ("names", "words", "expected", "why"),
    [
        pytest.param(
            "a.json", DEFAULT, 'json "{downloads}/a.json"', "dataset.source=parquet dataset.data_dir={downloads}/data"
            " matches no file; training on a.json in {downloads} (json)", id="the default matches nothing"
        ),
        pytest.param(
            "data/train.jsonl data/test.jsonl", DEFAULT, 'json "{downloads}/data/train.jsonl"',
            " training on train.jsonl in {downloads}/data (json), without test.jsonl", id="another format in its folder"
        ),
        pytest.param(
            "a.json b.csv", "dataset.source=json dataset.data_dir={downloads}/data", 'json "{downloads}/a.json"',
            "training on a.json", id="the format has been said"
        ),
        pytest.param(
            "mine/a.csv b.json", "dataset.source=parquet dataset.data_dir={downloads}/mine",
            'csv "{downloads}/mine/a.csv"', "training on a.csv in {downloads}/mine", id="the folder has been said"
        ),
        pytest.param(
            "a.json b.json", "dataset.source=parquet dataset.data_files={downloads}/b.json",
            'json "{downloads}/b.json"', "{downloads}/b.json is not parquet", id="the file has been said"
        ),
        pytest.param("a.csv", "epochs=1", 'csv "{downloads}/a.csv"', f"{BUILDER} would fetch", id="nothing was said"),
        pytest.param(
            "data/a.json data/_SUCCESS", "dataset.source=json dataset.data_dir={downloads}/data",
            'json "{downloads}/data/a.json"', "data holds _SUCCESS, too, which is not json", id="what is no row is left"
        ),
        pytest.param(
            "data/a.json data/README.txt b.csv", DEFAULT, 'json "{downloads}/data/a.json"',
            "training on a.json in {downloads}/data (json).", id="beside what is no data"
        ),
        pytest.param("a.csv", "dataset.source=csv", 'csv "{downloads}/a.csv"', "names no files", id="only the format"),
    ],
)  # fmt: skip
def test_what_is_found(tmp_path: Path, names: str, words: str, expected: str, why: str) -> None:
    fill(tmp_path, names)
    prepared = settle(tmp_path, f"batch_size=1 {words}")

    assert isinstance(prepared, PreparedRun)
    source, files = expected.replace("{downloads}", str(tmp_path)).split(" ", 1)
    rest = ("batch_size=1", *(("epochs=1",) if "epochs" in words else ()))
    assert prepared.run.overrides == (*rest, f"dataset.source={source}", f"dataset.data_files={files}")
    assert why.replace("{downloads}", str(tmp_path)) in prepared.sentence


@pytest.mark.parametrize(
    ("names", "words"),
    [
        pytest.param("data/a.parquet b.json", DEFAULT, id="the default matches"),
        pytest.param("train/a.json", "dataset.source=parquet dataset.data_dir={downloads}/trian", id="misspelt folder"),
        pytest.param("a.csv", "dataset.source=json dataset.data_dir={downloads}/data", id="another format was said"),
        pytest.param("a.csv", "dataset.source=tatsu-lab/alpaca", id="from the Hub"),
        pytest.param("a.csv", "dataset.source={downloads}", id="a folder"),
        pytest.param("", DEFAULT, id="nothing there"),
        pytest.param("data/a.parquet data/README.md data/dataset_infos.json", DEFAULT, id="beside what is passed over"),
        pytest.param("data/train-0.parquet data/_SUCCESS data/schema.json", DEFAULT, id="beside what is of no split"),
        pytest.param("data/a.parquet data/part-0001", DEFAULT, id="beside what may be rows"),
        pytest.param("data/a/x.parquet data/b/y.parquet data/_SUCCESS", DEFAULT, id="several folders that are one"),
        pytest.param("notes.pdf", "dataset.source=parquet dataset.data_dir={downloads}/mine", id="a folder of theirs"),
        pytest.param("notes.pdf", "epochs=1", id="only what is no data, and nothing was said"),
        pytest.param("a.csv", "dataset.source=csv dataset.data_files={downloads}/b.csv", id="misspelt file"),
    ],
)
def test_what_has_been_said_stays(tmp_path: Path, names: str, words: str) -> None:
    fill(tmp_path, names)

    assert settle(tmp_path, words) is None


def test_files_that_are_no_data(tmp_path: Path) -> None:
    fill(tmp_path, "README.md book.docx data/rows.parquet.gz rows.xlsx slides.pptx")
    violation = settle(tmp_path, DEFAULT)

    assert isinstance(violation, Violation)
    assert violation.message == (
        f"There are no rows to train on: dataset.source=parquet dataset.data_dir={tmp_path}/data matches no file, and "
        f"of what {tmp_path} holds (README.md, book.docx, data/rows.parquet.gz, rows.xlsx and 1 more) no file is data "
        "in a format known here. Those are .arrow, .csv, .json, .jsonl, .ndjson, .parquet, .tsv, .txt; all but .arrow "
        "and .parquet may be compressed (.gz, .bz2, .xz, .zst), or be in a .zip with nothing else in it. Convert or "
        "unpack the files, or name them with dataset.source and dataset.data_files."
    )


@pytest.mark.parametrize(
    ("words", "rest"),
    [
        (DEFAULT, ('dataset.sep="\\t"',)),
        (f"{DEFAULT} dataset.sep=;", ()),
        (f"{DEFAULT} dataset.delimiter=;", ()),
    ],
)
def test_cells_between_tabulators(tmp_path: Path, words: str, rest: tuple[str, ...]) -> None:
    fill(tmp_path, "a.tsv")
    prepared = settle(tmp_path, words)

    assert isinstance(prepared, PreparedRun)
    assert prepared.run.overrides[-1 - len(rest) :] == (f'dataset.data_files="{tmp_path}/a.tsv"', *rest)


def test_names_that_no_override_can_say(tmp_path: Path) -> None:
    fill(tmp_path / "d", "lang=de/a.json lang=en/a.json")
    prepared = settle(tmp_path / "d", DEFAULT)

    assert isinstance(prepared, PreparedRun)
    assert all(word.count("=") == 1 for word in prepared.run.overrides)
    assert "training on lang=de/a.json, lang=en/a.json in " in prepared.sentence


def test_links_that_cannot_be_made(tmp_path: Path) -> None:
    fill(tmp_path / "d", "lang=de/a.json")
    (tmp_path / "links").touch()
    violation = settle(tmp_path / "d", DEFAULT)

    assert isinstance(violation, Violation)
    assert f"cannot be made in {tmp_path}/links (" in violation.message


def test_whose_data_set_is_not_ours_to_choose(tmp_path: Path) -> None:
    fill(tmp_path, "a.csv")

    assert settle(tmp_path, "", is_shipped=False) is None
    assert settle(tmp_path, "", builder="mine.rows") is None


@pytest.mark.parametrize(
    ("variables", "folder"), [({}, "/workspace/dataset"), ({"TRAINJOB_WORKSPACE": "/w"}, "/w/dataset")]
)
def test_where_downloads_lie(variables: dict[str, str], folder: str) -> None:
    assert find_downloads(variables) == Path(folder)
