from pathlib import Path

import pytest

from trainjob_torchtune.run.catalogue import BuiltinRecipe, Catalogue


@pytest.fixture
def catalogue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Catalogue:
    monkeypatch.chdir(tmp_path)
    for name in ("full.py", "a.yaml", "own.yaml", "other.yaml"):
        (tmp_path / name).touch()
    lora = BuiltinRecipe(tmp_path / "gone.py", {"m/a": tmp_path / "other.yaml", "m/gone": tmp_path / "gone.yaml"})
    full = BuiltinRecipe(tmp_path / "full.py", {"m/a": tmp_path / "a.yaml"})
    return Catalogue({"full": full, "lora_finetune": lora})


@pytest.mark.parametrize(
    ("name", "recipe", "file"),
    [
        pytest.param("m/a", "full", "a.yaml", id="the-recipes-own"),
        pytest.param("m/a", "lora_finetune", "other.yaml", id="the-other-recipes-own"),
        pytest.param("m/a", "mine", "a.yaml", id="any"),
        pytest.param("m/gone", "full", None, id="not-in-the-wheel"),
        pytest.param("own.yaml", "full", "own.yaml", id="a-file"),
        pytest.param("m/b", "full", None, id="unknown"),
    ],
)
def test_configurations_are_found_as_torchtune_finds_them(
    catalogue: Catalogue, tmp_path: Path, name: str, recipe: str, file: str | None
) -> None:
    found = catalogue.find_config(name, recipe)

    assert found == (None if file is None else Path(file) if file == name else tmp_path / file)


@pytest.mark.parametrize("recipe", ["full", "full.py", "/workspace/recipe.py", "recipes.mine", "trainjob_torchtune"])
def test_recipes_of_the_users_own_are_let_through(catalogue: Catalogue, recipe: str) -> None:
    assert catalogue.check_module(recipe) is None


def test_a_recipe_that_is_nowhere_is_refused(catalogue: Catalogue) -> None:
    violation = catalogue.check_module("lora_finetuen")

    assert violation is not None
    assert violation.message.endswith("nor a Python module; did you mean lora_finetune?")
    assert catalogue.is_builtin("lora_finetune")
    assert not catalogue.is_builtin("lora_finetuen")


def test_sources_that_are_there(catalogue: Catalogue, tmp_path: Path) -> None:
    assert catalogue.sources() == [tmp_path / "full.py"]
