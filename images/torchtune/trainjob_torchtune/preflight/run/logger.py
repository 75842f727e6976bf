"""The metric logger's package has to be in the image: the recipe imports it once the pod is on its GPU."""

from importlib.util import find_spec

from trainjob_contract.loggers import PACKAGES, package_of
from trainjob_torchtune.run.training import Training
from trainjob_torchtune.violation import Violation


def check_logger(training: Training) -> Violation | None:
    """Look for the package without importing it; a logger of the user's own is the user's."""
    component = training.logger or ""
    package = package_of(component)
    if package is None or find_spec(package) is not None:
        return None
    there = [name for name, other in PACKAGES.items() if find_spec(other) is not None]
    others = ", ".join(f"{component.rpartition('.')[0]}.{name}" for name in (*there, "DiskLogger"))
    return Violation(
        f"metric_logger={component} needs the package {package}, which this image does not have: set metric_logger to "
        f"one of {others}, or build an image from this one with `pip install {package}`."
    )
