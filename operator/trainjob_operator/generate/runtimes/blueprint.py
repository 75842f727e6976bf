"""Decides what each bundled runtime is: the method that suits a model's size, accelerators, volume and memory."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import ceil

from trainjob_contract.workspace import MODEL, ROOT
from trainjob_operator.generate.runtimes.data import CHAT_PAIRS, INSTRUCTIONS, PICTURES, PROMPTS, Data
from trainjob_operator.generate.runtimes.speed import ROW_TOKENS, speed_overrides
from trainjob_operator.torchtune.arguments import key_of
from trainjob_operator.torchtune.catalogue import RECIPES, model_of
from trainjob_operator.torchtune.keys import keys_of
from trainjob_operator.torchtune.methods import Method
from trainjob_operator.torchtune.models import MODELS, LanguageModel
from trainjob_operator.torchtune.selection import FUSED_ADAMW, NoSelection, Selection, select

_GIB = 1 << 30
_SAVED = 2
"""Bytes of a parameter in a saved checkpoint: configs train in bf16."""

_ACCELERATOR_BYTES = 80e9
_SHARE = 0.5
"""What weights, gradients and optimizer may take of an accelerator; the rest is for activations."""
_PER_PARAMETER = {
    # bf16 weights, gradients, and two moments of AdamW.
    Method.FULL: 8.0,
    # The same, and weights once more that are rounded in each step.
    Method.QAT: 12.0,
    # The same as for full, and the reference model.
    Method.FULL_DPO: 10.0,
    Method.LORA: 2.0,
    Method.LORA_DPO: 2.0,
    Method.DISTILLATION: 2.0,
    # NF4 with its scales.
    Method.QLORA: 0.55,
    # Its recipe is for one device: the optimizer pages, and steps within the backward pass.
    Method.PPO: 8.0,
}
_MOST_IN_FULL = 13.5e9
_MOST_UNQUANTIZED = 200e9

_OF_A_PROCESS_GIB = 2
"""Host memory of a training process, beside checkpoints."""
_DATA_GIB = 5


@dataclass(frozen=True, slots=True)
class Source:
    """A further model, which a step of its own downloads to ``/workspace/<role>/model``."""

    role: str
    repository: str
    is_gated: bool
    parameters: int
    checkpointers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Blueprint:
    """A runtime. Volume and memory in GiB; no ``memory`` asks for none. ``plain`` is the one that it speeds up."""

    name: str
    family: str
    model: LanguageModel
    method: Method
    selection: Selection
    accelerators: int
    data: Data
    overrides: tuple[str, ...]
    volume: int
    memory: int | None
    source: Source | None = None
    plain: str | None = None

    @property
    def is_kubeflows(self) -> bool:
        """Tell whether Kubeflow Trainer bundles a runtime of this name, which does the same."""
        return self.memory is None


_AS_KUBEFLOW = {"llama3_2/1B": 20, "llama3_2/3B": 30, "qwen2_5/1.5B": 20}
"""Runtimes that Kubeflow Trainer v2.3 bundles under the same names, and the volumes in them; two accelerators each."""


def blueprints() -> tuple[Blueprint, ...]:
    """Give every runtime that is generated: one a model, faster ones of some, and those of other methods."""
    plain = [_draw(name, _method_for(model), _data_for(model), None) for name, model in MODELS.items()]
    fast = (_speed_up(one) for one in plain if one.model.name in ROW_TOKENS)
    special = (_draw(*row) for row in _SPECIAL)
    return tuple(sorted((*plain, *fast, *special), key=lambda one: one.name))


def family_of(model: LanguageModel) -> str:
    """Name the family as people write it: ``llama3.2-vision`` of ``llama3_2_vision/11B``."""
    return re.sub(r"(?<=\d)_(?=\d)", ".", model.name.partition("/")[0]).replace("_", "-")


def _method_for(model: LanguageModel) -> Method:
    if model.parameters > _MOST_UNQUANTIZED:
        return Method.QLORA
    return Method.FULL if model.parameters < _MOST_IN_FULL else Method.LORA


def _data_for(model: LanguageModel) -> Data:
    return PICTURES if "vision" in model.name else INSTRUCTIONS


def _draw(stem: str, method: Method, data: Data, source: Source | None) -> Blueprint:
    model = MODELS[model_of(f"{stem}_") or ""]
    bundled = _AS_KUBEFLOW.get(model.name) if method is Method.FULL else None
    accelerators = 2 if bundled else _accelerators(model, method, source)
    selection = select(stem, method, nodes=1, is_single_device=accelerators == 1)
    if isinstance(selection, NoSelection):
        raise TypeError(selection.message)
    own = "" if method is _method_for(model) else f"-{method.lower()}"
    family = family_of(model)
    return Blueprint(
        name=f"torchtune-{family}-{model.name.partition('/')[2].lower()}{own}",
        family=family,
        model=model,
        method=method,
        selection=selection,
        accelerators=accelerators,
        data=data,
        overrides=(
            *selection.overrides,
            *_optimizer(method, selection),
            *data.overrides,
            *_places(model, selection, source),
        ),
        volume=bundled or _volume(model, method, source),
        memory=None if bundled else _memory(model, method, accelerators, source),
        source=source,
    )


def _speed_up(plain: Blueprint) -> Blueprint:
    """Give the same training on the same GPUs with the settings that are faster."""
    return replace(
        plain,
        name=f"{plain.name}-fast",
        overrides=(*plain.overrides, *speed_overrides(plain.model)),
        memory=plain.memory or _memory(plain.model, plain.method, plain.accelerators, plain.source),
        plain=plain.name,
    )


def _optimizer(method: Method, selection: Selection) -> tuple[str, ...]:
    """Give what makes the optimizer step over all weights at once, where the config leaves that out.

    Configs for one device and all weights page its state to host memory; there is room for that of those for several.
    """
    if method is Method.PPO:
        return ()
    if method is Method.FULL and not RECIPES[selection.recipe].is_distributed:
        return FUSED_ADAMW
    stated = keys_of(selection.recipe, selection.config).union(map(key_of, selection.overrides))
    return () if "optimizer.fused" in stated else ("optimizer.fused=True",)


def _accelerators(model: LanguageModel, method: Method, source: Source | None) -> int:
    """Give the smallest power of two on whose devices the model finds room; one where the recipe is for one."""
    if method is Method.PPO:
        return 1
    needed = _PER_PARAMETER[method] * model.parameters + (_SAVED * source.parameters if source is not None else 0)
    devices = 1
    while needed / devices > _SHARE * _ACCELERATOR_BYTES:
        devices *= 2
    return devices


def _places(model: LanguageModel, selection: Selection, source: Source | None) -> Iterator[str]:
    """Give the overrides that say where everything lies."""
    folder = f"{ROOT}/{MODEL}"
    yield f"output_dir={ROOT}/output"
    for key, path in sorted(model.tokenizer_files.items(), reverse=True):
        yield f"tokenizer.{key}={folder}/{path}"
    others = source.checkpointers if source is not None else ()
    suffix = "checkpointer.checkpoint_dir"
    keys = sorted(
        {
            key
            for recipe in RECIPES.values()
            if selection.config in recipe.configs
            for key in keys_of(recipe.name, selection.config)
            if key.endswith(suffix)
        }
    )
    for key in keys:
        checkpointer = key.partition(".")[0]
        if source is not None and checkpointer in others:
            yield f"{key}={ROOT}/{source.role}/{MODEL}"
        else:
            yield f"{key}={folder}"
            for override in model.checkpointer_overrides:
                yield override.replace("checkpointer", checkpointer, 1)


def _volume(model: LanguageModel, method: Method, source: Source | None) -> int:
    """Give what holds the download and two checkpoints; with adapters one and a half, half if they alone are kept."""
    checkpoints = 2.0 if not method.has_adapters else 0.5 if method is Method.QLORA else 1.5
    copies = 1 + checkpoints if method is Method.PPO else 1.0
    further = copies * _SAVED * source.parameters if source is not None else 0.0
    taken = model.checkpoint_bytes + checkpoints * _SAVED * model.parameters + further
    return _round_up(taken / _GIB + _DATA_GIB, 10)


def _memory(model: LanguageModel, method: Method, accelerators: int, source: Source | None) -> int:
    """Give what the first process gathers to save: the model, and the optimizer's state if there is much of it.

    The launcher's preflight counts alike (images/torchtune/trainjob_torchtune/preflight/run/memory.py). A further model
    passes through as well.
    """
    gathered = _SAVED * (model.parameters * (1 if method.has_adapters else 3) + (source.parameters if source else 0))
    return _round_up(gathered / _GIB + _OF_A_PROCESS_GIB * accelerators, 8)


def _round_up(amount: float, step: int) -> int:
    return ceil(amount / step) * step


def _teacher(name: str) -> Source:
    model = MODELS[name]
    return Source("teacher", model.repository, model.is_gated, model.parameters, ("teacher_checkpointer",))


_REWARD = Source(
    "reward", "weqweasdas/RM-Mistral-7B", False, 7_110_000_000, ("reward_checkpointer", "value_checkpointer")
)
_SPECIAL = (
    ("llama2/7B", Method.LORA_DPO, CHAT_PAIRS, None),
    ("llama3_1/8B", Method.LORA_DPO, CHAT_PAIRS, None),
    ("llama3_1/8B", Method.FULL_DPO, CHAT_PAIRS, None),
    ("llama3_2/8B_to_1B", Method.DISTILLATION, INSTRUCTIONS, _teacher("llama3_1/8B")),
    ("qwen2/1.5_to_0.5B", Method.DISTILLATION, INSTRUCTIONS, _teacher("qwen2/1.5B")),
    ("llama2/7B", Method.QAT, INSTRUCTIONS, None),
    ("llama3/8B", Method.QAT, INSTRUCTIONS, None),
    ("mistral/7B", Method.PPO, PROMPTS, _REWARD),
)
