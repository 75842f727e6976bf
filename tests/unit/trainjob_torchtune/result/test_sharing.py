import os
from pathlib import Path

from trainjob_torchtune.result.sharing import share_weights


def test_weights_may_be_read_as_other_files_may(tmp_path: Path) -> None:
    weights, other = tmp_path / "epoch_0" / "model.safetensors", tmp_path / "epoch_0" / "other"
    weights.parent.mkdir()
    for path in (weights, other):
        path.touch(0o600)
    mask = os.umask(0o027)
    try:
        share_weights(tmp_path)
    finally:
        os.umask(mask)

    assert [path.stat().st_mode & 0o777 for path in (weights, other)] == [0o640, 0o600]
