from pathlib import Path

import pytest

from trainjob_torchtune.hardware.devices import is_rocm


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("cuda: Optional[str] = None\nhip: Optional[str] = '6.4.43482'\n", True),
        ("hip = '6.4'\n", True),
        ("cuda: Optional[str] = '13.0'\nhip: Optional[str] = None\n", False),
        ("__version__ = '2.13.0+cpu'\n", False),
    ],
)
def test_for_whose_gpus_torch_was_built(tmp_path: Path, text: str, *, expected: bool) -> None:
    (tmp_path / "version.py").write_text(text)

    assert is_rocm(tmp_path / "__init__.py") is expected


def test_a_torch_that_does_not_tell(tmp_path: Path) -> None:
    assert not is_rocm(tmp_path / "__init__.py")
