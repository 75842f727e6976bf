"""TorchTune's metric loggers (torchtune/training/metric_logging.py), and the packages that they import."""

MODULES = ("torchtune.training.metric_logging.", "torchtune.training.")
"""What their names may begin with in a configuration; with any other beginning it is a logger of the user's own."""

PACKAGES = {
    "CometLogger": "comet_ml",
    "MLFlowLogger": "mlflow",
    "TensorBoardLogger": "tensorboard",
    "WandBLogger": "wandb",
}
"""By the logger; the others, DiskLogger and StdoutLogger, need nothing."""

IN_OUR_IMAGES = frozenset({"tensorboard", "wandb"})
"""Which of the packages images/torchtune/requirements.txt has."""


def package_of(component: str) -> str | None:
    """Return what a logger needs beside TorchTune; None if that is nothing, or nobody knows."""
    module, _, name = component.rpartition(".")
    return PACKAGES.get(name) if f"{module}." in MODULES else None
