"""How long a trainer's pod has to end: as long as it may take to save, and some seconds in which its processes end."""

import math

from trainjob_contract.checkpoints import STOPPED_WITHIN, read_checkpoint_settings
from trainjob_contract.environment import STOP_SECONDS
from trainjob_operator.api.workload import JobTemplate
from trainjob_operator.naming import NODE
from trainjob_operator.reconciler.merge.templates import change_pod, find_container

_OF_KUBERNETES = 30
"""Seconds that a pod has which says nothing."""
_AFTER_SAVING = _OF_KUBERNETES - STOPPED_WITHIN


def give_time(template: JobTemplate) -> JobTemplate:
    """Give a pod whose trainer is to be waited for longer than usual the time for it, unless it says how much it has.

    A value that cannot be read, or comes from elsewhere, changes nothing.
    """
    container = find_container(template, NODE)
    given = {entry.name: entry.value for entry in (container.env if container is not None else None) or ()}
    value = given.get(STOP_SECONDS)
    if value is None or template.spec.template.spec.termination_grace_period_seconds is not None:
        return template
    try:
        needed = math.ceil(read_checkpoint_settings({STOP_SECONDS: value}).stop_seconds + _AFTER_SAVING)
    except ValueError:
        return template
    if needed <= _OF_KUBERNETES:
        return template
    return change_pod(template, lambda pod: pod.model_copy(update={"termination_grace_period_seconds": needed}))
