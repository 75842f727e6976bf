"""Resources of a trainer: the runtime's with the TrainJob's over them, and what they say about accelerators."""

import re
from collections.abc import Mapping
from math import ceil

from trainjob_operator.api.quantities import Quantity, format_quantity, parse_quantity
from trainjob_operator.api.workload import ResourceRequirements

_ACCELERATOR = re.compile(
    r"gpu(?!.*(mem|core|percent|tile|monitor))|^nvidia\.com/mig-|^google\.com/tpu$|^huawei\.com/ascend|^habana\.ai/gaudi$"
    r"|^aws\.amazon\.com/neuron(core|device)?$"
)
"""Devices: whatever has "gpu" in its name, as for Kubeflow Trainer, but not what is counted of one, such as
``nvidia.com/gpumem``."""
_LONGEST_NAME = 253 + len("/") + 63
"""Of a resource: a domain and a label."""
_MOST_PROCESSES = 2**31 - 1
"""What ``spec.trainer.numProcPerNode`` holds; a quantity may be any number."""

Amounts = Mapping[str, Quantity]


def merge_resources(
    runtime: ResourceRequirements | None, trainjob: ResourceRequirements | None
) -> ResourceRequirements | None:
    """Lay the TrainJob's resources over the runtime's, name by name.

    A TrainJob that names an accelerator replaces the runtime's accelerators: a MIG slice instead of a GPU, not both.
    Kubernetes wants limit and request of such resources equal, so a TrainJob that gives one of them means both. A limit
    of the TrainJob's lowers the runtime's request to it, as Kubernetes sets a request that nobody gave.
    Quantities come out in canonical form: the SDK sends ``2.0``, which is no valid number of GPUs.

    Raises:
        ValueError: a quantity is none.
    """
    if runtime is None and trainjob is None:
        return None
    base, over = runtime or ResourceRequirements(), trainjob or ResourceRequirements()
    replaces = any(is_accelerator(name) for name in (*(over.limits or ()), *(over.requests or ())))
    extended = {name: value for name, value in {**(over.requests or {}), **(over.limits or {})}.items() if "/" in name}
    limits = _overlay(_without_accelerators(base.limits, replaces), over.limits)
    requests = _overlay(_without_accelerators(base.requests, replaces), over.requests)
    for name, value in extended.items():
        limits[name] = format_quantity(value)
        if name in requests:
            requests[name] = format_quantity(value)
    for name, value in (over.limits or {}).items():
        is_given = name in (over.requests or {})
        if name in requests and not is_given and parse_quantity(requests[name]) > parse_quantity(value):
            requests[name] = format_quantity(value)
    claims = {claim.get("name"): claim for claim in (*(base.claims or ()), *(over.claims or ()))}
    merged = {"limits": limits, "requests": requests, "claims": tuple(claims.values())}
    return base.model_copy(update={name: value for name, value in merged.items() if value})


def is_accelerator(resource: str) -> bool:
    """Tell whether a resource is a device that trains."""
    return len(resource) <= _LONGEST_NAME and _ACCELERATOR.search(resource.lower()) is not None


def count_accelerators(resources: ResourceRequirements | None) -> int:
    """Count the devices of one pod: those requested, or else its limits."""
    if resources is None:
        return 0
    for amounts in (resources.requests, resources.limits):
        devices = [parse_quantity(value) for name, value in (amounts or {}).items() if is_accelerator(name)]
        if devices:
            return int(sum(devices))
    return 0


def count_cpus(resources: ResourceRequirements | None) -> int:
    """Count the CPUs of one pod: those requested, or else its limit; at least 1, and no more than can be processes."""
    if resources is None:
        return 1
    for amounts in (resources.requests, resources.limits):
        if amounts is not None and "cpu" in amounts:
            return min(max(1, ceil(parse_quantity(amounts["cpu"]))), _MOST_PROCESSES)
    return 1


def _overlay(base: Amounts, over: Amounts | None) -> dict[str, Quantity]:
    return {name: format_quantity(value) for name, value in {**base, **(over or {})}.items()}


def _without_accelerators(amounts: Amounts | None, replaces: bool) -> Amounts:  # noqa: FBT001 - the name says it
    return {name: value for name, value in (amounts or {}).items() if not (replaces and is_accelerator(name))}
