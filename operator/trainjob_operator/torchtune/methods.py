"""The ways to train that TorchTune's recipes have, and which one a command or an argument means."""

from collections.abc import Iterable
from enum import StrEnum

from trainjob_contract.tune_run import TuneRun
from trainjob_operator.torchtune.arguments import value_of
from trainjob_operator.torchtune.components import component_of, has_adapters, has_none, is_quantizing

QUANTIZE_BASE = "model.quantize_base"
USE_DORA = "model.use_dora"
_LORA_MODULES = "model.lora_attn_modules"


class Method(StrEnum):
    """What is trained, and towards what."""

    FULL = "full"
    LORA = "LoRA"
    QLORA = "QLoRA"
    DORA = "DoRA"
    QDORA = "QDoRA"
    FULL_DPO = "DPO"
    LORA_DPO = "LoRA-DPO"
    DISTILLATION = "KD"
    QAT = "QAT"
    LORA_QAT = "QAT-LoRA"
    PPO = "PPO"

    @property
    def has_adapters(self) -> bool:
        """Tell whether the model's own weights stay, and adapters beside them are trained."""
        return self not in {Method.FULL, Method.FULL_DPO, Method.QAT, Method.PPO}

    @property
    def has_preferences(self) -> bool:
        """Tell whether it learns from a chosen and a rejected answer to each question."""
        return self in {Method.FULL_DPO, Method.LORA_DPO}


_BY_RECIPE = (
    ("full_finetune_", Method.FULL),
    ("full_dpo_", Method.FULL_DPO),
    ("lora_dpo_", Method.LORA_DPO),
    ("knowledge_distillation_", Method.DISTILLATION),
    ("qat_lora_", Method.LORA_QAT),
    ("qat_", Method.QAT),
    ("ppo_", Method.PPO),
)
_ADAPTERS = {
    (False, False): Method.LORA,
    (True, False): Method.QLORA,
    (False, True): Method.DORA,
    (True, True): Method.QDORA,
}
_WITH_ADAPTERS = {Method.FULL_DPO: Method.LORA_DPO, Method.QAT: Method.LORA_QAT}
_QUANTIZED = {Method.QLORA, Method.QDORA}
_DECOMPOSED = {Method.DORA, Method.QDORA}


def method_of(command: TuneRun) -> Method | None:
    """Name the method of a command; None for recipes that train nothing, and for a recipe of the user's own."""
    if command.recipe.startswith("lora_finetune_"):
        return _ADAPTERS[
            _flag(
                command.overrides,
                QUANTIZE_BASE,
                default="_qlora" in command.config
                or "_qdora" in command.config
                or is_quantizing(component_of(command.overrides, "model")),
            ),
            _flag(command.overrides, USE_DORA, default="_dora" in command.config or "_qdora" in command.config),
        ]
    return next((method for stem, method in _BY_RECIPE if command.recipe.startswith(stem)), None)


def method_with(own: Method, arguments: Iterable[str]) -> Method:
    """Name the method that a TrainJob's arguments make of its runtime's own, as Kubeflow Trainer v2.3's do.

    Arguments that ask for LoRA say all there is to say about the base and the adapters; others change the runtime's. So
    does a builder of the model: it has adapters, quantizes the base, or does neither.
    """
    arguments = tuple(arguments)
    builder = component_of(arguments, "model")
    if has_none(builder) and own in _ADAPTERS.values():
        own = Method.FULL
    has_modules = has_adapters(builder) or any(_LORA_MODULES in argument for argument in arguments)
    is_quantized = _flag(
        arguments, QUANTIZE_BASE, default=is_quantizing(builder) or (own in _QUANTIZED and not has_modules)
    )
    is_decomposed = _flag(arguments, USE_DORA, default=own in _DECOMPOSED and not has_modules)
    if not (has_modules or is_quantized or is_decomposed or own in _ADAPTERS.values()):
        return own
    if own is Method.FULL or own in _ADAPTERS.values():
        return _ADAPTERS[is_quantized, is_decomposed]
    return _WITH_ADAPTERS.get(own, own)


def _flag(arguments: Iterable[str], key: str, *, default: bool) -> bool:
    value = value_of(arguments, key)
    return default if value is None else value.strip().lower() == "true"
