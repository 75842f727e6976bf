import pytest

from trainjob_operator.torchtune.catalogue import RECIPES, model_of


def test_all_pairs_of_the_release_are_known() -> None:
    assert sum(len(recipe.configs) for recipe in RECIPES.values()) == 156


@pytest.mark.parametrize(
    ("config", "model"),
    [
        ("llama3_2/1B_full", "llama3_2/1B"),
        ("llama3_2/1B_lora_single_device", "llama3_2/1B"),
        ("qwen2_5/0.5B_full", "qwen2_5/0.5B"),
        ("llama3_2/8B_to_1B_KD_lora_distributed", "llama3_2/1B"),
        ("phi3/mini_full_low_memory", "phi3/mini"),
        ("llama3/70B_generation_distributed", "llama3/70B"),
        ("generation", None),
        ("llama3_2/evaluation", None),
        ("mine.yaml", None),
        ("/workspace/dataset/mine.yaml", None),
        ("./mine", None),
        ("configs/mine.yml", None),
    ],
)
def test_model_of(config: str, model: str | None) -> None:
    assert model_of(config) == model
