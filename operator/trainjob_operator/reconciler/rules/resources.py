"""Resources that no pod can have, as Kubernetes validates them (pkg/apis/core/validation, by container)."""

from collections.abc import Iterator

from trainjob_operator.api.conditions import Reason
from trainjob_operator.api.names import is_extended, is_indivisible, is_of_containers
from trainjob_operator.api.quantities import Quantity, parse_quantity
from trainjob_operator.api.trainjob import TrainJob
from trainjob_operator.api.workload import JobTemplate, ResourceRequirements
from trainjob_operator.naming import NODE
from trainjob_operator.reconciler.merge.templates import find_container
from trainjob_operator.reconciler.rules.violation import Violation

_WHERE = "spec.trainer.resourcesPerNode"
_MEANT = {"gpu": "nvidia.com/gpu", "gpus": "nvidia.com/gpu", "tpu": "google.com/tpu", "mem": "memory", "cpus": "cpu"}
_LONGEST = 100


def check_resources(job: TrainJob, template: JobTemplate) -> Iterator[Violation]:
    """Find what no pod can have among the trainer's resources, the TrainJob's over the runtime's.

    The template is the trainer's with the TrainJob in it.

    Raises:
        ValueError: a quantity is none.
    """
    own = (job.spec.trainer.resources_per_node if job.spec.trainer is not None else None) or ResourceRequirements()
    container = find_container(template, NODE)
    merged = (container.resources if container is not None else None) or ResourceRequirements()
    named = {*(own.limits or ()), *(own.requests or ())}
    for amounts, field, names in ((own, _WHERE, named), (merged, "spec.runtimeRef", _names(merged) - named)):
        for kind, given in (("limits", amounts.limits), ("requests", amounts.requests)):
            for name, value in (given or {}).items():
                if name in names and (wrong := _find_fault(name, value)) is not None:
                    yield _violation(f"{field}.{kind}" if amounts is own else field, name, wrong)
    unequal = {name: wrong for name in named if (wrong := _compare(own, name, is_as_given=True)) is not None}
    for name in sorted(_names(merged)):
        wrong = unequal.get(name) or _compare(merged, name, is_as_given=False)
        if wrong is not None:
            yield _violation(f"{_WHERE}.requests" if name in named else "spec.runtimeRef", name, wrong)


def _find_fault(name: str, value: Quantity) -> str | None:
    number = parse_quantity(value)
    if not is_of_containers(name):
        meant = _MEANT.get(name.lower())
        remedy = f"write {meant}" if meant else "write cpu, memory, or a device with its domain, such as nvidia.com/gpu"
        return f"is no resource that a container can have: {remedy}"
    if number < 0:
        return f"is {value}: it cannot be negative"
    if is_extended(name) and number != number.to_integral_value():
        return f"is {value}: devices are not divided, give a whole number"
    return None


def _compare(amounts: ResourceRequirements, name: str, *, is_as_given: bool) -> str | None:
    """Compare a request with its limit; as they are given, because those that have to be equal are made so."""
    request, limit = (amounts.requests or {}).get(name), (amounts.limits or {}).get(name)
    if request is None or limit is None:
        return None
    if parse_quantity(request) > parse_quantity(limit):
        return f"is {request}, above the limit of {limit}: lower it, or raise limits[{name[:_LONGEST]}]"
    if is_as_given and is_indivisible(name) and parse_quantity(request) != parse_quantity(limit):
        return f"is {request}, and the limit {limit}: of this resource they have to be equal"
    return None


def _names(amounts: ResourceRequirements) -> set[str]:
    return {*(amounts.limits or ()), *(amounts.requests or ())}


def _violation(field: str, name: str, message: str) -> Violation:
    return Violation(Reason.INVALID_SPEC, f"{field}[{name[:_LONGEST]}]", message)
