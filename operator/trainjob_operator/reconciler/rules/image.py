"""Which images are ours, and what they cannot run for want of a package; of other images nothing is known."""

import re
from collections.abc import Collection, Iterator

from trainjob_contract.tune_run import TuneRun
from trainjob_operator.api.conditions import Reason
from trainjob_operator.api.workload import JobTemplate
from trainjob_operator.naming import NODE
from trainjob_operator.reconciler.merge.templates import find_container
from trainjob_operator.reconciler.rules.violation import Violation
from trainjob_operator.torchtune.loggers import find_lacking

INITIALIZER = frozenset({"initializer"})
_TRAINERS = frozenset({"torchtune", "torchtune-cpu"})
_OURS = re.compile(r"(?:.*/)?trainjob-operator/([^/:@]+)(?::[^/]*)?(?:@.*)?")
_MORE_PACKAGES = "PYTHONPATH"


def is_ours(image: str | None, names: Collection[str]) -> bool:
    """Tell whether an image is one of ours with one of these names, wherever it was copied to."""
    ours = _OURS.fullmatch(image or "")
    return ours is not None and ours[1] in names


def check_image(template: JobTemplate, run: TuneRun | None) -> Iterator[Violation]:
    """Refuse a logger whose package our image lacks, in the trainer's template with the TrainJob in it."""
    container = find_container(template, NODE)
    if container is None or run is None or not is_ours(container.image, _TRAINERS):
        return
    if any(entry.name == _MORE_PACKAGES for entry in container.env or ()):
        return
    lacking = find_lacking(run)
    if lacking is not None:
        logger, package = lacking
        yield Violation(
            Reason.INVALID_SPEC,
            "spec.trainer",
            f"has metric_logger={logger}, for which the image {container.image} lacks the package {package}: take the"
            f" WandBLogger or the TensorBoardLogger, or set trainer.image to one that is built from it with {package}",
        )
