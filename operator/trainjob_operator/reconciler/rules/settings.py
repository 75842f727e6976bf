"""Settings of our trainer image, which are environment variables: what it would refuse once it runs."""

from collections.abc import Iterator

from trainjob_contract.environment import NAN_STEPS
from trainjob_contract.nan_loss import read_nan_steps
from trainjob_contract.tune_run import TuneRun
from trainjob_operator.api.conditions import Reason
from trainjob_operator.api.trainjob import TrainJob
from trainjob_operator.api.workload import JobTemplate
from trainjob_operator.naming import NODE
from trainjob_operator.reconciler.merge.templates import find_container
from trainjob_operator.reconciler.rules.violation import Violation

_REFERENCE = "$("


def check_settings(job: TrainJob, template: JobTemplate, run: TuneRun | None) -> Iterator[Violation]:
    """Refuse what cannot be read; values from elsewhere, and those that refer to others, are not known here."""
    container = find_container(template, NODE)
    given = {entry.name: entry.value for entry in (container.env if container is not None else None) or ()}
    value = given.get(NAN_STEPS)
    if run is None or value is None or _REFERENCE in value:
        return
    own = (job.spec.trainer.env if job.spec.trainer is not None else None) or ()
    try:
        read_nan_steps({NAN_STEPS: value})
    except ValueError as error:
        is_own = any(entry.name == NAN_STEPS for entry in own)
        yield Violation(Reason.INVALID_SPEC, "spec.trainer.env" if is_own else "spec.runtimeRef", str(error))
