"""TorchTune's built-in recipes and configurations, found without importing torchtune, which takes seconds."""

import difflib
import importlib.util
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.machinery import PathFinder
from pathlib import Path
from typing import Any

from trainjob_torchtune.violation import Violation


@dataclass(frozen=True, slots=True)
class BuiltinRecipe:
    """A recipe's source, its configurations' files by name, and whether torchrun may start it."""

    source: Path
    configs: Mapping[str, Path]
    is_distributed: bool = False


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The recipes by name."""

    recipes: Mapping[str, BuiltinRecipe]

    def is_builtin(self, recipe: str) -> bool:
        """Say whether torchtune has a recipe of this name."""
        return recipe in self.recipes

    def find_config(self, name: str, recipe: str) -> Path | None:
        """Return the file of a configuration, of this recipe first, then of any, then a file of that path; or None."""
        own = self.recipes[recipe].configs.get(name) if recipe in self.recipes else None
        others = (known.configs[name] for known in self.recipes.values() if name in known.configs)
        found = own or next(others, None) or Path(name)
        return found if found.is_file() else None

    def has_shipped(self, config: Path) -> bool:
        """Say whether a configuration's file is one of torchtune's."""
        return any(config in recipe.configs.values() for recipe in self.recipes.values())

    def check_module(self, recipe: str) -> Violation | None:
        """Refuse a recipe that is neither built in nor, like a recipe of the user's own, a module to be imported.

        Only a plain name is looked for: the folders of a dotted one may be packages whose import does anything.
        """
        name = recipe.removesuffix(".py")
        if not name.isidentifier() or PathFinder.find_spec(name, [*sys.path, str(Path.cwd())]) is not None:
            return None
        like = difflib.get_close_matches(recipe, self.recipes, n=1)
        hint = f"; did you mean {like[0]}?" if like else "."
        return Violation(f"The recipe {recipe} is neither one of TorchTune's (`tune ls`) nor a Python module{hint}")

    def sources(self) -> list[Path]:
        """Return the files of all recipes that are there."""
        return [recipe.source for recipe in self.recipes.values() if recipe.source.is_file()]


def load_catalogue() -> Catalogue:
    """Read the registry of the installed torchtune (torchtune/_recipe_registry.py, a list of plain dataclasses)."""
    package = importlib.util.find_spec("torchtune")
    if package is None or package.origin is None:
        return Catalogue(recipes={})
    root = Path(package.origin).parent
    recipes = root.parent / "recipes"
    return Catalogue(
        recipes={
            recipe.name: BuiltinRecipe(
                source=recipes / recipe.file_path,
                configs={config.name: recipes / "configs" / config.file_path for config in recipe.configs},
                is_distributed=recipe.supports_distributed,
            )
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
