"""Everything that the trainer of a TrainJob cannot be or run, in its template with the TrainJob in it."""

from collections.abc import Iterator

from trainjob_operator.api.trainjob import TrainJob
from trainjob_operator.reconciler.merge.trainer import EquippedTrainer
from trainjob_operator.reconciler.rules.image import check_image
from trainjob_operator.reconciler.rules.overrides import check_overrides
from trainjob_operator.reconciler.rules.resources import check_resources
from trainjob_operator.reconciler.rules.scale import check_scale
from trainjob_operator.reconciler.rules.settings import check_settings
from trainjob_operator.reconciler.rules.shell import check_shell
from trainjob_operator.reconciler.rules.violation import Violation


def check_trainer(job: TrainJob, equipped: EquippedTrainer) -> Iterator[Violation]:
    """Find all that is wrong with the pods that train.

    Raises:
        ValueError: a quantity is none.
    """
    yield from check_resources(job, equipped.template)
    yield from check_shell(job, equipped.template)
    yield from check_image(equipped.template, equipped.run)
    yield from check_scale(job, equipped.run, equipped.topology.nodes)
    yield from check_overrides(job, equipped.run)
    yield from check_settings(job, equipped.template, equipped.run)
