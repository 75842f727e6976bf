from pathlib import Path

import pytest

from trainjob_torchtune.installed import check_installed

QAT_LORA = "qat_lora_finetune_distributed"


@pytest.mark.parametrize(
    ("recipe", "torchao", "is_refused"),
    [
        pytest.param(QAT_LORA, "0.11.0", False, id="the-last-one"),
        pytest.param(QAT_LORA, "0.12.0", True, id="too-new"),
        pytest.param(QAT_LORA, "1.0.0", True, id="much-too-new"),
        pytest.param(QAT_LORA, "0.9.0", False, id="older"),
        pytest.param("qat_distributed", "0.15.0", False, id="another-recipe"),
    ],
)
def test_a_recipe_needs_its_version(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, recipe: str, torchao: str, *, is_refused: bool
) -> None:
    metadata = tmp_path / f"torchao-{torchao}.dist-info" / "METADATA"
    metadata.parent.mkdir()
    metadata.write_text(f"Metadata-Version: 2.1\nName: torchao\nVersion: {torchao}\n")
    monkeypatch.syspath_prepend(str(tmp_path))

    assert (check_installed(recipe) is not None) == is_refused
