"""TorchTune's metric loggers whose packages the trainer images do not have."""

from trainjob_contract.tune_run import TuneRun
from trainjob_operator.torchtune.components import component_of

LACKING = {"CometLogger": "comet_ml", "MLFlowLogger": "mlflow"}
"""Packages by the loggers that import them; images/torchtune/requirements.txt has those of the others."""

_LOGGERS = ("torchtune.training.metric_logging.", "torchtune.training.")


def find_lacking(run: TuneRun) -> tuple[str, str] | None:
    """Return the logger that a command line names, and the package that the images lack for it."""
    name = component_of(run.overrides, "metric_logger") or ""
    logger = name.rpartition(".")[2]
    return (name, LACKING[logger]) if logger in LACKING and name.startswith(_LOGGERS) else None
