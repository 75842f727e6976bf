"""TorchTune's metric loggers whose packages the trainer images do not have."""

from trainjob_contract.loggers import IN_OUR_IMAGES, package_of
from trainjob_contract.tune_run import TuneRun
from trainjob_operator.torchtune.components import component_of


def find_lacking(run: TuneRun) -> tuple[str, str] | None:
    """Return the logger that a command line names, and the package that the images lack for it."""
    name = component_of(run.overrides, "metric_logger") or ""
    package = package_of(name)
    return None if package is None or package in IN_OUR_IMAGES else (name, package)
