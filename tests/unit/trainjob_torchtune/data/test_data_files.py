"""Files with names that no override can say; the others are in test_choice.py."""

import json
from pathlib import Path, PurePosixPath

import pytest

from trainjob_torchtune.data.choice import Choice
from trainjob_torchtune.data.data_files import render_data_files
from trainjob_torchtune.data.inventory import DataFile


def files(number: int) -> list[DataFile]:
    return [DataFile(PurePosixPath(f"lang={one:03}/part-0.parquet"), "parquet", 1) for one in range(number)]


@pytest.mark.parametrize("number", [1, 3])
def test_few_are_named_by_links(tmp_path: Path, number: int) -> None:
    value = render_data_files(Choice("parquet", {"train": files(number)}), files(number), Path("/d"), tmp_path / "l")
    said = json.loads(value)

    assert "=" not in value
    assert [str(Path(name).readlink()) for name in ([said] if number == 1 else said)] == [
        f"/d/lang={one:03}/part-0.parquet" for one in range(number)
    ]


def test_many_are_a_folder_of_links(tmp_path: Path) -> None:
    value = render_data_files(Choice("parquet", {"train": files(70)}), files(70), Path("/d"), tmp_path / "l")
    pattern = Path(json.loads(value))

    assert [str(link.readlink()) for link in sorted(pattern.parent.glob(pattern.name))] == [
        f"/d/lang={one:03}/part-0.parquet" for one in range(70)
    ]


def test_what_can_be_said_is_not_linked(tmp_path: Path) -> None:
    named = [DataFile(PurePosixPath("a b.json"), "json", 1)]
    value = render_data_files(Choice("json", {"train": named}), named, Path("/d"), tmp_path / "l")

    assert value == '"/d/a b.json"'
    assert not (tmp_path / "l").exists()
