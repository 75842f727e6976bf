from pathlib import Path

import pytest

from trainjob_torchtune.preflight.run.keys import check_keys

CONFIG = "output_dir: ${folder}/out\nmodel:\n  lora_rank: 8\n"
RECIPE = """
self._batch = cfg.batch_size
self._clip = cfg.get("clip_grad_norm", None)
self._lora = cfg["low_rank"]
if "tokenizer" in cfg:
    unread = other.get("not_of_the_configuration")
"""


def message(tmp_path: Path, *overrides: str) -> str | None:
    config, recipe = tmp_path / "config.yaml", tmp_path / "recipe.py"
    config.write_text(CONFIG)
    recipe.write_text(RECIPE)
    violation = check_keys(overrides, config, [recipe])
    return None if violation is None else violation.message


@pytest.mark.parametrize(
    "overrides",
    [
        pytest.param(
            ["model=a.b", "model.lora_rank=4", "output_dir=/x", "~model.lora_rank"], id="in-the-configuration"
        ),
        pytest.param(["batch_size=2", "clip_grad_norm=1", "low_rank=1", "tokenizer.path=x"], id="read-by-a-recipe"),
        pytest.param(["folder=/x"], id="used-by-the-configuration"),
        pytest.param(["base=/x", "output_dir=${base}/y"], id="used-by-another-override"),
    ],
)
def test_keys_that_are_read(tmp_path: Path, overrides: list[str]) -> None:
    assert message(tmp_path, *overrides) is None


@pytest.mark.parametrize(
    ("override", "hint"),
    [
        ("bacth_size=2", "; did you mean batch_size?"),
        ("modle.lora_rank=2", "; did you mean model?"),
        ("lora_rank=2", "; did you mean low_rank?"),
        ("xyz=1", "."),
        ("not_of_the_configuration=1", "."),
    ],
)
def test_keys_that_nobody_reads(tmp_path: Path, override: str, hint: str) -> None:
    key = override.partition("=")[0].partition(".")[0]

    assert (
        message(tmp_path, override) == f"The override {override} sets {key}, which no recipe of TorchTune reads{hint}"
    )
