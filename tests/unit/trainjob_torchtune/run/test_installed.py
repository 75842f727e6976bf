from pathlib import Path

import pytest

from trainjob_torchtune.run.installed import check_installed

QAT_LORA = "qat_lora_finetune_distributed"


@pytest.mark.parametrize(
    ("recipe", "package", "version", "is_refused"),
    [
        pytest.param(QAT_LORA, "torchao", "0.11.0", False, id="the-last-torchao"),
        pytest.param(QAT_LORA, "torchao", "0.12.0", True, id="torchao-too-new"),
        pytest.param(QAT_LORA, "torchao", "1.0.0", True, id="torchao-much-too-new"),
        pytest.param(QAT_LORA, "torchao", "0.9.0", False, id="an-older-torchao"),
        pytest.param("qat_distributed", "torchao", "0.15.0", False, id="another-recipe"),
        pytest.param("eleuther_eval", "torchao", "0.15.0", True, id="no-lm-eval"),
        pytest.param("eleuther_eval", "lm_eval", "0.4.9.1", False, id="lm-eval"),
        pytest.param("eleuther_eval", "lm_eval", "0.4.4", True, id="lm-eval-too-old"),
        pytest.param("eleuther_eval", "lm_eval", "0.4.13", True, id="lm-eval-too-new-for-the-recipe"),
    ],
)
def test_a_recipe_needs_a_package(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, recipe: str, package: str, version: str, *, is_refused: bool
) -> None:
    metadata = tmp_path / f"{package}-{version}.dist-info" / "METADATA"
    metadata.parent.mkdir()
    metadata.write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: {version}\n")
    monkeypatch.syspath_prepend(str(tmp_path))

    assert (check_installed(recipe) is not None) == is_refused
