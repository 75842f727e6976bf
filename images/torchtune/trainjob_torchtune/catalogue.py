"""TorchTune's built-in recipes and configurations, found without importing torchtune, which takes seconds."""

import importlib.util
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The recipes by name, each with its configurations' files by name."""

    recipes: dict[str, dict[str, Path]]

    def is_builtin(self, recipe: str) -> bool:
        """Say whether torchtune has a recipe of this name."""
        return recipe in self.recipes

    def find_config(self, name: str, recipe: str) -> Path | None:
        """Return the file of a configuration, of this recipe first, then of any, then a file of that path; or None."""
        own = self.recipes.get(recipe, {}).get(name)
        others = (configs[name] for configs in self.recipes.values() if name in configs)
        found = own or next(others, None) or Path(name)
        return found if found.is_file() else None


def load_catalogue() -> Catalogue:
    """Read the registry of the installed torchtune (torchtune/_recipe_registry.py, a list of plain dataclasses)."""
    package = importlib.util.find_spec("torchtune")
    if package is None or package.origin is None:
        return Catalogue(recipes={})
    root = Path(package.origin).parent
    configs = root.parent / "recipes" / "configs"
    return Catalogue(
        recipes={
            recipe.name: {config.name: configs / config.file_path for config in recipe.configs}
            for recipe in _registry(root / "_recipe_registry.py")
        }
    )


def _registry(path: Path) -> list[Any]:
    """Run the registry's file as a module of its own; dataclasses look their module up while it runs."""
    spec = importlib.util.spec_from_file_location("trainjob_torchtune_registry", path)
    if spec is None or spec.loader is None:
        return []
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    recipes: list[Any] = module.get_all_recipes()
    return recipes
