"""What some recipes need beside the packages of the image, and which variant of it has that."""

from importlib.metadata import PackageNotFoundError, version

from trainjob_torchtune.refusal import Refusal

_QAT_LORA = "qat_lora_finetune_distributed"
# As (major, minor); from 0.12 on its QAT takes only configurations of another form.
_LAST_TORCHAO = (0, 11)


def check_installed(recipe: str) -> Refusal | None:
    """Refuse a recipe that would stop at its start, with what would be needed."""
    if recipe != _QAT_LORA:
        return None
    found = _version("torchao")
    numbers = tuple(int(number) for number in found.split(".")[:2] if number.isdecimal())
    if numbers <= _LAST_TORCHAO:
        return None
    return _refuse(recipe, "torchao 0.11 or older", f"torchao {found}", "qat-lora")


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


def _refuse(recipe: str, needed: str, found: str, variant: str) -> Refusal:
    return Refusal(
        f"TorchTune's recipe {recipe} needs {needed}, and this image has {found}: use the image's variant {variant} "
        f"(docker build --build-arg VARIANT={variant} images/torchtune)."
    )
