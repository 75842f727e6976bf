import pytest

from trainjob_operator.torchtune.catalogue import RECIPES, model_of
from trainjob_operator.torchtune.models import MODELS, _read

FACTS = _read("models.yaml")
REPOSITORIES = _read("repositories.yaml")


def test_every_model_that_a_config_trains_is_there() -> None:
    assert set(MODELS) == {
        model
        for recipe in RECIPES.values()
        for config in recipe.configs
        if "finetune" in recipe.name and (model := model_of(config)) is not None
    }


def test_the_table_by_hand_is_about_these_repositories() -> None:
    assert set(REPOSITORIES) == {model.repository for model in MODELS.values()}


@pytest.mark.parametrize("model", MODELS)
def test_the_weights_are_safetensors_by_the_config_or_by_the_table(model: str) -> None:
    files = FACTS[model]["checkpoint_files"]
    names = [files["filename_format"]] if isinstance(files, dict) else files
    count = REPOSITORIES[MODELS[model].repository].get("safetensors")

    assert all(name.endswith(".safetensors") for name in names) == (count is None)
    if count is not None and isinstance(files, dict):
        assert int(files["max_filename"]) == count


def test_what_meta_published_is_read_in_the_hubs_layout() -> None:
    """The initializer brings no .pth, and only this checkpointer writes what transformers reads."""
    assert MODELS["llama3/8B"].checkpointer_overrides == (
        "checkpointer=torchtune.training.FullModelHFCheckpointer",
        f"checkpointer.checkpoint_files=[{','.join(f'model-0000{number}-of-00004.safetensors' for number in '1234')}]",
    )


def test_sizes() -> None:
    assert MODELS["llama3_1/8B"].parameters == 8_030_261_248
    assert MODELS["gemma2/27B"].checkpoint_bytes == 4 * 27_227_128_320
