"""Rewrites what the stored form of a TrainJob cannot hold, or what other readers of it cannot decode.

A fraction is no ``int-or-string``. The types of Go clients and of the SDK have integers where Kubeflow Trainer v2.1 had
the words ``auto``, ``cpu`` and ``gpu``, and one TrainJob that does not decode breaks their lists of all.
"""

from collections.abc import Mapping
from typing import Any

from trainjob_operator.admission.normal import AMOUNTS, QUANTITIES, Object, object_at
from trainjob_operator.api.runtime import Runtime
from trainjob_operator.api.workload import ResourceRequirements
from trainjob_operator.naming import NODE, TRAINER
from trainjob_operator.reconciler.merge.resources import count_accelerators, count_cpus, merge_resources
from trainjob_operator.reconciler.merge.templates import find_container
from trainjob_operator.reconciler.merge.topology import processes_of
from trainjob_operator.reconciler.rules.trainjob import ancestor_of

_PROCESSES = "numProcPerNode"
_CPU = "cpu"
_DEFAULTS = ("auto", "gpu")
_WORDS = (*_DEFAULTS, _CPU)
_EXACT_INTEGERS = 2**53


def write_fractions(value: Any, name: str = "") -> Any:  # noqa: ANN401 - any JSON
    """Give a value with each quantity in it that is a fraction as text: the schema refuses 0.5, and not "0.5"."""
    if isinstance(value, Mapping):
        return {
            key: _write(nested) if name in AMOUNTS or key in QUANTITIES else write_fractions(nested, key)
            for key, nested in value.items()
        }
    return [write_fractions(item) for item in value] if isinstance(value, list) else value


def has_word(spec: Object) -> bool:
    """Tell whether the number of processes is a word, as Kubeflow Trainer v2.1 had it."""
    return object_at(spec, "trainer").get(_PROCESSES) in _WORDS


def count_processes(old: Object | None, new: Object, runtime: Runtime | None) -> tuple[Object, tuple[str, ...]]:
    """Give the specification with a number of processes, or none, where it has a word; and a warning about that.

    Without a number there is one process for each accelerator, or for each CPU where there is none, unless the runtime
    says otherwise.
    """
    if not has_word(new):
        return new, ()
    trainer = object_at(new, "trainer")
    word = trainer[_PROCESSES]
    number = None
    if word == _CPU or (runtime is not None and processes_of(runtime) not in {None, *_DEFAULTS}):
        known = object_at(old, "trainer").get(_PROCESSES)
        number = known if isinstance(known, int) else _count(word, trainer, runtime)
        if number is None:
            return new, ()
    kept = {name: value for name, value in trainer.items() if name != _PROCESSES}
    advice = (
        "left out: that means one process for each accelerator, or each CPU if there is none"
        if number is None
        else f"a number, which was set here: {number}"
    )
    return (
        {**new, "trainer": kept if number is None else {**kept, _PROCESSES: number}},
        (f"spec.trainer.{_PROCESSES}: {word} is the form of Kubeflow Trainer v2.1; since v2.2 it is {advice}",),
    )


def _write(value: object) -> object:
    is_exact = not isinstance(value, float) or (value.is_integer() and abs(value) < _EXACT_INTEGERS)
    return write_fractions(value) if is_exact else str(value)


def _count(word: str, trainer: Object, runtime: Runtime | None) -> int | None:
    steps = runtime.spec.template.spec.replicated_jobs if runtime is not None else ()
    container = next((find_container(step.template, NODE) for step in steps if ancestor_of(step) == TRAINER), None)
    if container is None:
        return None
    try:
        own = ResourceRequirements.model_validate(trainer.get("resourcesPerNode") or {})
        resources = merge_resources(container.resources, own)
        return (0 if word == _CPU else count_accelerators(resources)) or count_cpus(resources)
    except ValueError:
        return None  # the rules name the quantity that is none
