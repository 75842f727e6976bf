"""The sizes of the models that TorchTune's builders make, read from their source: importing torchtune takes seconds."""

import ast
import importlib.util
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from trainjob_torchtune.run.training import Builder

SIZES = {
    "embed_dim": "hidden_size",
    "num_layers": "num_hidden_layers",
    "vocab_size": "vocab_size",
    "num_heads": "num_attention_heads",
    "num_kv_heads": "num_key_value_heads",
    "intermediate_dim": "intermediate_size",
}
"""A builder's arguments, and what Hugging Face's config.json calls them."""
# Beside those that config.json is compared by: many a config.json does not say it, or says what follows from others.
_KNOWN = {*SIZES, "head_dim"}
_PACKAGE = "torchtune.models."
_MODULE = "_model_builders"


def read_sizes(builder: Builder) -> dict[str, int]:
    """Return the sizes of the model by the builder's argument, as far as they are known: those that it is given win."""
    own = _sizes_of(builder.component) if builder.component.startswith(_PACKAGE) else {}
    given = {name: value for name, value in builder.options.items() if name in _KNOWN and type(value) is int}
    return {**own, **given}


def _sizes_of(component: str) -> Mapping[str, int]:
    """Find what `def llama3_2_1b(): return llama3_2(vocab_size=..., ...)` says; nothing if it says it otherwise."""
    package, _, name = component.rpartition(".")
    for node in _statements(package):
        match node:
            case ast.FunctionDef(name=found, body=[*_, ast.Return(value=ast.Call() as call)]) if found == name:
                return _constants(call)
            case ast.Assign(targets=[ast.Name(id=found)], value=value) if found == name:
                return _sizes_of_alias(package, value)
            case ast.ImportFrom(module=str(source), names=names) if any(
                (alias.asname or alias.name) == name for alias in names
            ):
                original = next(alias.name for alias in names if (alias.asname or alias.name) == name)
                return _sizes_of(f"{source.removesuffix(f'.{_MODULE}')}.{original}")
    return {}


def _sizes_of_alias(package: str, value: ast.expr) -> Mapping[str, int]:
    """Follow `qlora_llama3_2_1b = partial(lora_llama3_2_1b, quantize_base=True)`, or another name for a builder."""
    match value:
        case ast.Name(id=other) | ast.Call(func=ast.Name(id="partial"), args=[ast.Name(id=other)]):
            return _sizes_of(f"{package}.{other}")
    return {}


def _constants(call: ast.Call) -> Mapping[str, int]:
    return {
        keyword.arg: keyword.value.value
        for keyword in call.keywords
        if keyword.arg in _KNOWN and isinstance(keyword.value, ast.Constant) and type(keyword.value.value) is int
    }


@cache
def _statements(package: str) -> tuple[ast.stmt, ...]:
    """Return the top of a family's file of builders; nothing is imported."""
    root = importlib.util.find_spec("torchtune")
    if root is None or root.origin is None or not package.startswith(_PACKAGE):
        return ()
    path = Path(root.origin).parent / "models" / package.removeprefix(_PACKAGE).replace(".", "/") / f"{_MODULE}.py"
    return tuple(ast.parse(path.read_text(encoding="utf-8")).body) if path.is_file() else ()
