from dataclasses import replace
from importlib.util import find_spec

import pytest
from tests.factories.training import training

from trainjob_torchtune.preflight.run.logger import check_logger

LOGGERS = "torchtune.training.metric_logging"


@pytest.mark.parametrize(
    "component",
    [
        None,
        f"{LOGGERS}.DiskLogger",
        f"{LOGGERS}.StdoutLogger",
        "mine.CometLogger",
        "torchtune.training.metric_logging.Newer",
    ],
)
def test_loggers_that_need_no_package(component: str | None) -> None:
    assert check_logger(replace(training(), logger=component)) is None


@pytest.mark.parametrize(("name", "package"), [("CometLogger", "comet_ml"), ("MLFlowLogger", "mlflow")])
def test_a_package_that_is_not_there(name: str, package: str) -> None:
    assert find_spec(package) is None
    violation = check_logger(replace(training(), logger=f"{LOGGERS}.{name}"))

    assert violation is not None
    assert violation.message.startswith(
        f"metric_logger={LOGGERS}.{name} needs the package {package}, which this image does not have: set "
    )
    assert violation.message.endswith(f"or build an image from this one with `pip install {package}`.")
