from pathlib import Path

import pytest

from trainjob_contract.tune_run import TuneRun
from trainjob_torchtune.data.downloaded import PreparedRun, find_downloads, use_download

BUILDER = "torchtune.datasets.instruct_dataset"
DEFAULT = "dataset.source=parquet dataset.data_dir={downloads}/data"


def settle(downloads: Path, words: str, *, is_shipped: bool = True, builder: str = BUILDER) -> object:
    words = words.replace("{downloads}", str(downloads))
    run = TuneRun((), "recipe", "config", tuple(words.split()))
    options = dict(word.removeprefix("dataset.").split("=", 1) for word in run.overrides if word.startswith("dataset."))
    return use_download(run, {"_component_": builder, **options}, downloads, is_shipped=is_shipped)


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
        pytest.param("a.csv", "dataset.source=csv dataset.data_files={downloads}/b.csv", id="misspelt file"),
    ],
)
def test_what_has_been_said_stays(tmp_path: Path, names: str, words: str) -> None:
    fill(tmp_path, names)

    assert settle(tmp_path, words) is None


def test_whose_data_set_is_not_ours_to_choose(tmp_path: Path) -> None:
    fill(tmp_path, "a.csv")

    assert settle(tmp_path, "", is_shipped=False) is None
    assert settle(tmp_path, "", builder="mine.rows") is None


@pytest.mark.parametrize(
    ("variables", "folder"), [({}, "/workspace/dataset"), ({"TRAINJOB_WORKSPACE": "/w"}, "/w/dataset")]
)
def test_where_downloads_lie(variables: dict[str, str], folder: str) -> None:
    assert find_downloads(variables) == Path(folder)
