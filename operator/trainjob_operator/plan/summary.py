"""A forecast in words: what was chosen, and what the operator creates."""

import json
import shlex
from collections.abc import Iterable, Iterator, Sequence

from trainjob_contract.environment import NPROC_PER_NODE, STORAGE_URI
from trainjob_contract.storage_uri import hide_secrets
from trainjob_contract.tune_run import TuneRun
from trainjob_operator.api.workload import Container, EnvVar
from trainjob_operator.api.workspace import OutputStatus
from trainjob_operator.naming import NODE
from trainjob_operator.plan.forecast import NO_UID, Forecast, PlannedTrainJob
from trainjob_operator.reconciler.life.lifecycle import is_managed, is_suspended
from trainjob_operator.reconciler.merge.references import is_secret
from trainjob_operator.reconciler.merge.resources import is_accelerator
from trainjob_operator.reconciler.merge.templates import containers_of, find_container
from trainjob_operator.reconciler.resolved import Claim, ResolvedJob, Step
from trainjob_operator.torchtune.arguments import key_of

_INDENT = "  "


def describe(outcome: PlannedTrainJob) -> str:
    """Write down what is said about an object that is not refused."""
    lines = _forecast(outcome.forecast) if outcome.forecast is not None else iter((str(outcome.identity),))
    return "\n".join((*lines, *_section("Warnings", outcome.warnings))) + "\n"


def explain(outcome: PlannedTrainJob) -> str:
    """Write down why an object is refused, everything at once."""
    hint = (f"({outcome.hint})",) if outcome.hint else ()
    warnings = (f"Warning: {warning}" for warning in outcome.warnings)
    return f"{outcome.identity} is refused:\n" + "".join(
        f"{_INDENT}{line}\n" for line in (*outcome.errors, *hint, *warnings)
    )


def head_manifests(outcomes: Iterable[PlannedTrainJob]) -> str:
    """Write, as comments of YAML, how the manifests differ from what a cluster would see."""
    forecasts = [outcome.forecast for outcome in outcomes if outcome.forecast is not None]
    lines = ["These are the children as they are created; the operator makes each step's Job when it is due."]
    if any(forecast.resolved.uid == NO_UID for forecast in forecasts):
        lines.append(f"{NO_UID} stands for the UID that the API server gives to a TrainJob.")
    if any(forecast.is_shipped for forecast in forecasts):
        lines.append("Runtimes are as shipped: those in a cluster may have another registry, proxy or Hub.")
    lines.append(
        "The status endpoint of the operator in a cluster is not in them: its URL, token and CA of the trainer."
    )
    return "".join(f"# {line}\n" for line in lines)


def _forecast(forecast: Forecast) -> Iterator[str]:
    resolved = forecast.resolved
    [trainer] = [step for step in resolved.steps if step.name == resolved.trainer]
    container = find_container(trainer.template, NODE)
    runtime = resolved.runtime
    origin = ", as shipped" if forecast.is_shipped else ""
    yield f"TrainJob {resolved.namespace}/{resolved.name} on {runtime.kind} {runtime.metadata.name}{origin}"
    yield from _section("Chosen", _table(_choice(resolved, trainer, container)))
    if container is not None:
        words = (*(container.command or ()), *(container.args or ()))
        yield from ("", "Command" if container.command else "Arguments of the image's own command", shlex.join(words))
        yield from _section("Overrides", _overrides(resolved.run))
        yield from _section("Environment", _environment(container))
    yield from _section("Volumes", _table(map(_claim, resolved.claims)))
    yield from _section("Steps", _steps(resolved.steps))
    yield from _section("Notes", _notes(forecast))


def _section(title: str, lines: Iterable[str]) -> tuple[str, ...]:
    indented = tuple(f"{_INDENT}{line}" for line in lines)
    return ("", title, *indented) if indented else ()


def _table(rows: Iterable[tuple[str, str]]) -> Iterator[str]:
    known = tuple(rows)
    width = max((len(name) for name, _ in known), default=0)
    return (f"{name:{width}}{_INDENT}{value}" for name, value in known)


def _choice(resolved: ResolvedJob, trainer: Step, container: Container | None) -> Iterator[tuple[str, str]]:
    recipe = resolved.recipe
    processes = recipe.num_proc_per_node if recipe is not None else _given(container, NPROC_PER_NODE)
    if recipe is None:
        yield "program", "not TorchTune's: what the command says"
    else:
        yield "model", recipe.model or "not known by the config's name"
        yield "method", recipe.method or "not known by the recipe's name"
        yield "recipe", recipe.recipe
        yield "config", recipe.config
    yield "nodes", str(trainer.pods)
    yield "processes", "one on each accelerator" if processes == "auto" else f"{processes or 1} on each node"
    yield "accelerators", ", ".join(_accelerators(container)) or "none"
    yield from _output(resolved.output)


def _given(container: Container | None, name: str) -> str | None:
    return next((entry.value for entry in (container.env if container else None) or () if entry.name == name), None)


def _accelerators(container: Container | None) -> Iterator[str]:
    resources = container.resources if container is not None else None
    amounts = {**(resources.requests or {}), **(resources.limits or {})} if resources is not None else {}
    return (f"{amount} {name} on each node" for name, amount in amounts.items() if is_accelerator(name))


def _overrides(run: TuneRun | None) -> Sequence[str]:
    """List what TorchTune reads: of each key the last, which is the one that it goes by."""
    given = run.overrides if run is not None else ()
    return tuple({key_of(argument): argument for argument in given}.values())


def _environment(container: Container, without: str = "") -> Iterator[str]:
    yield from (_variable(entry) for entry in container.env or () if entry.name != without)
    yield from (f"all keys of {_reference(source)}" for source in container.env_from or ())


def _variable(entry: EnvVar) -> str:
    source = (entry.model_extra or {}).get("valueFrom")
    if source is not None:
        return f"{entry.name} from {_reference(source)}"
    if entry.value and is_secret(entry.name):
        return f"{entry.name}=(not shown)"
    return f"{entry.name}={shlex.quote(entry.value or '')}"


def _reference(source: object) -> str:
    return json.dumps(source, separators=(", ", ": ")).replace('"', "")


def _claim(claim: Claim) -> tuple[str, str]:
    spec = claim.template.spec.model_dump(mode="json", by_alias=True, exclude_unset=True)
    if claim.is_given:
        modes = ", ".join(claim.template.spec.access_modes or ())
        return claim.name, f"exists already and stays as it is, taken for {modes}"
    size = spec.get("resources", {}).get("requests", {}).get("storage", "no size")
    storage_class = spec.get("storageClassName")
    default = "no class" if storage_class == "" else "the cluster's default class"
    facts = (
        str(size),
        f"class {storage_class}" if storage_class else default,
        *(claim.template.spec.access_modes or ()),
        "outlives the TrainJob and is used again by the next of its name"
        if claim.is_retained
        else "goes with the TrainJob",
    )
    return claim.name, ", ".join(facts)


def _output(output: OutputStatus | None) -> Iterator[tuple[str, str]]:
    if output is not None:
        yield "result", f"claim {output.claim_name}, path {output.path or '/'}"


def _steps(steps: Sequence[Step]) -> Iterator[str]:
    for step in steps:
        conditions = " and ".join(f"{before.name} is {before.status}" for before in step.depends_on)
        pods = f" on {step.pods} pods" if step.pods != 1 else ""
        yield f"{step.name}{pods}{f', once {conditions}' if conditions else ''}"
        for container in containers_of(step.template):
            yield f"{_INDENT}{container.name}: {container.image or 'no image'}"
            uri = _given(container, STORAGE_URI)
            if uri is not None:
                yield f"{_INDENT}{_INDENT}from {hide_secrets(uri) or 'nowhere'}"
            if container.name != NODE:
                yield from (f"{_INDENT}{_INDENT}with {one}" for one in _environment(container, without=STORAGE_URI))


def _notes(forecast: Forecast) -> Iterator[str]:
    if not is_managed(forecast.job):
        yield f"spec.managedBy is {forecast.job.spec.managed_by}: here nothing is created, but where that sends it"
    elif is_suspended(forecast.job):
        yield "spec.suspend is true: the Jobs wait, and no pod runs"
