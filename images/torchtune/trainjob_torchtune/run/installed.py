"""What some recipes need beside the packages of the image, and how to come by it."""

from importlib.metadata import PackageNotFoundError, version

from trainjob_contract import recipes
from trainjob_torchtune.violation import Violation

# As (major, minor); from 0.12 on its QAT takes only configurations of another form.
_LAST_TORCHAO = (0, 11)
# The recipe compares versions as texts, by which 0.4.10 comes before 0.4.5.
_FIRST_LM_EVAL = "0.4.5"


def check_installed(recipe: str) -> Violation | None:
    """Refuse a recipe that would stop at its start, with what would be needed."""
    match recipe:
        case "qat_lora_finetune_distributed":
            return _check_torchao(recipe, _version("torchao"))
        case recipes.EVALUATION:
            return _check_lm_eval(recipe, _version("lm_eval"))
    return None


def _check_torchao(recipe: str, found: str) -> Violation | None:
    numbers = tuple(int(number) for number in found.split(".")[:2] if number.isdecimal())
    if numbers <= _LAST_TORCHAO:
        return None
    return Violation(
        f"TorchTune's recipe {recipe} needs torchao 0.11 or older, and this image has torchao {found}: use the image's "
        "variant qat-lora (docker build --build-arg VARIANT=qat-lora images/torchtune)."
    )


def _check_lm_eval(recipe: str, found: str) -> Violation | None:
    if found >= _FIRST_LM_EVAL:
        return None
    return Violation(
        f"TorchTune's recipe {recipe} needs lm_eval 0.4.5 to 0.4.9, and this image has {found or 'none'}: use the "
        "image's variant evaluation (docker build --build-arg VARIANT=evaluation images/torchtune)."
    )


def _version(package: str) -> str:
    """Return a package's version, or nothing if it is not there."""
    try:
        return version(package)
    except PackageNotFoundError:
        return ""
