"""Files and rows of the same shape are told apart by what is in them, wherever they lie."""

from pathlib import Path
from typing import Any

import pytest

from trainjob_torchtune.steps.content import identify_files, identify_rows


def files(*paths: Path) -> dict[str, str]:
    return dict(identify_files(paths))


def test_a_file_of_the_same_size_is_another_one(tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    path.write_bytes(b"a" * 1_000_000)
    first = files(path)
    path.write_bytes(b"a" * 1_000_000)
    assert files(path) == first, "it was downloaded again"

    path.write_bytes(b"a" * 500_000 + b"b" * 500_000)

    assert list(first) == [f"the content of {path}"]
    assert files(path).keys() == first.keys()
    assert files(path) != first


def test_an_empty_file_and_one_that_is_not_there(tmp_path: Path) -> None:
    (tmp_path / "empty").touch()

    assert list(files(tmp_path / "empty", tmp_path / "missing")) == [f"the content of {tmp_path / 'empty'}"]


@pytest.mark.parametrize(
    ("rows", "is_same"),
    [
        pytest.param([{"tokens": [1, 2]}, {"tokens": [3]}, {"tokens": [4]}], True, id="the-same"),
        pytest.param([{"tokens": [1, 2]}, {"tokens": [3]}, {"tokens": [5]}], False, id="another-end"),
        pytest.param([{"tokens": [1, 9]}, {"tokens": [3]}, {"tokens": [4]}], False, id="another-beginning"),
        pytest.param([], False, id="none"),
    ],
)
def test_rows_are_told_apart_by_their_tokens(rows: list[Any], is_same: bool) -> None:
    known = [{"tokens": [1, 2]}, {"tokens": (3,)}, {"tokens": [4]}]

    assert (dict(identify_rows(rows)) == dict(identify_rows(known))) is is_same


def test_all_of_a_tensor_counts() -> None:
    class Tensor:
        """Its text is cut, as torch's."""

        def __init__(self, *numbers: int) -> None:
            self.numbers = numbers

        def __repr__(self) -> str:
            return "tensor([1, ..., 3])"

        def tolist(self) -> list[int]:
            return list(self.numbers)

    assert dict(identify_rows([{"tokens": Tensor(1, 2, 3)}])) != dict(identify_rows([{"tokens": Tensor(1, 5, 3)}]))
