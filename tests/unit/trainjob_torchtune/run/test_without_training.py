from pathlib import Path

import pytest
from tests.factories.training import saving, training

from trainjob_torchtune.run.without_training import expect_no_checkpoints


@pytest.mark.parametrize(
    ("recipe", "writes"), [("quantize", False), ("eleuther_eval", False), ("full_finetune_distributed", True)]
)
def test_only_who_trains_writes_checkpoints(tmp_path: Path, recipe: str, *, writes: bool) -> None:
    one = training(output=tmp_path, saved=saving(has_adam=True))

    assert expect_no_checkpoints(recipe, one).saving == saving(has_weights=writes, has_adam=writes)
