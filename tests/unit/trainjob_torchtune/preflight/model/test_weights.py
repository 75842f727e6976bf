from pathlib import Path

import pytest
from tests.factories.safetensors_file import write_head
from tests.factories.training import checkpointer, saving, training

from trainjob_torchtune.preflight.model.weights import checkpoint_bytes, count_numbers, describe_bytes

FILES = ("a.safetensors", "b.safetensors")


def test_numbers_are_counted_over_all_files_wherever_they_lie(tmp_path: Path) -> None:
    write_head(tmp_path / "model" / "a.safetensors", w=(3, 4), norm=(5,), scalar=())
    write_head(tmp_path / "output" / "b.safetensors", w=(2, 2))

    assert count_numbers(checkpointer(tmp_path / "model", files=FILES, output=tmp_path / "output")) == 12 + 5 + 1 + 4


@pytest.mark.parametrize(
    "content", [b"", b"\xff" * 8, b"\x05\0\0\0\0\0\0\0[1, 2", b"\x02\0\0\0\0\0\0\0[]", b'\x08\0\0\0\0\0\0\0{"a": 1}']
)
def test_a_file_that_is_something_else_does_not_tell(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.safetensors").write_bytes(content)

    assert count_numbers(checkpointer(tmp_path, files=("a.safetensors",))) is None


@pytest.mark.parametrize("files", [(), ("model.bin",), ("missing.safetensors",)])
def test_other_files_do_not_tell(tmp_path: Path, files: tuple[str, ...]) -> None:
    assert count_numbers(checkpointer(tmp_path, files=files)) is None


@pytest.mark.parametrize(
    ("saved", "expected"), [(saving(bytes_each=2), 24), (saving(bytes_each=4), 48), (saving(has_weights=False), None)]
)
def test_a_checkpoint_has_the_precision_of_the_run(tmp_path: Path, saved: object, expected: int | None) -> None:
    write_head(tmp_path / "a.safetensors", w=(3, 4))
    one = checkpointer(tmp_path, files=("a.safetensors",))

    assert checkpoint_bytes(training(checkpointers=(one,), saved=saved)) == expected  # type: ignore[arg-type] # a table


@pytest.mark.parametrize(
    ("amount", "words"), [(0, "0.0 bytes"), (1536, "1.5 KiB"), (16 << 30, "16.0 GiB"), (1 << 53, "8192.0 TiB")]
)
def test_amounts(amount: int, words: str) -> None:
    assert describe_bytes(amount) == words
