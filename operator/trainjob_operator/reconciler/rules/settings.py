"""Settings of our trainer image, which are environment variables: what it would refuse once it runs."""

from collections.abc import Iterator

from trainjob_contract.survival import VARIABLES, check_survival
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
    own = (job.spec.trainer.env if job.spec.trainer is not None else None) or ()
    for entry in (container.env if container is not None and run is not None else None) or ():
        if entry.name not in VARIABLES or entry.value is None or _REFERENCE in entry.value:
            continue
        unreadable = check_survival({entry.name: entry.value})
        if unreadable is not None:
            is_own = any(one.name == entry.name for one in own)
            yield Violation(Reason.INVALID_SPEC, "spec.trainer.env" if is_own else "spec.runtimeRef", unreadable)
