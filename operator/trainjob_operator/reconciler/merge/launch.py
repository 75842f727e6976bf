"""What the trainer's container runs: the runtime's command, the TrainJob's, or one composed of both."""

from dataclasses import dataclass

from trainjob_contract.tune_run import TUNE_RUN, Malformed, TuneRun, is_override
from trainjob_operator.api.trainjob import Trainer, TrainJob
from trainjob_operator.api.workload import Container
from trainjob_operator.reconciler.merge.line import Line, Words, read_line, words_of
from trainjob_operator.reconciler.merge.references import environment_of, expand, expand_all
from trainjob_operator.reconciler.merge.templates import upsert_env
from trainjob_operator.reconciler.merge.topology import Topology
from trainjob_operator.torchtune.catalogue import RECIPES
from trainjob_operator.torchtune.composition import Place, compose, point_to_endpoint
from trainjob_operator.torchtune.methods import method_of, method_with
from trainjob_operator.torchtune.selection import NoSelection

Command = dict[str, Words]


@dataclass(frozen=True, slots=True)
class Launch:
    """What becomes of a container's ``command`` and ``args``, and of what TorchTune runs; None for other programs.

    Attributes:
        run: what it runs with the TrainJob in it.
        own: what the runtime has it run.
    """

    command: Command
    run: TuneRun | None
    own: TuneRun | None


@dataclass(frozen=True, slots=True)
class _Runtime:
    """The runtime's container, and what it would run with the TrainJob's environment.

    Attributes:
        container: with that environment.
        command, arguments: its words, as they are written.
        run: what the command runs. ``is_in_arguments``: part of that stands in the arguments, which it has taken in.
        before: its whole line, with no environment but its own.
    """

    before: Line
    container: Container
    command: Words
    arguments: Words | None
    run: TuneRun | None
    is_in_arguments: bool = False


def is_bare_tune_run(trainer: Trainer | None) -> bool:
    """Tell whether the TrainJob leaves the choice of recipe and config to us, as the SDK's BuiltinTrainer does."""
    return trainer is not None and trainer.command is not None and tuple(trainer.command) == TUNE_RUN


def launch(job: TrainJob, container: Container, topology: Topology) -> Launch | NoSelection:
    """Return what becomes of the command and the arguments of the trainer's container.

    A bare ``tune run`` is completed. So is a TrainJob without a command where the runtime's recipe cannot do what is
    asked for: recipes for one device train once on each node, and on one accelerator of it, and another method has
    another recipe. Otherwise the runtime's command stays unless the TrainJob gives one.
    """
    trainer = job.spec.trainer or Trainer()
    before = read_line(words_of(container), container)
    environment = topology.environment(with_master=True)
    container = upsert_env(container, *(trainer.env or ()), *environment, topology.own_environment())
    runtime = _read(container, before)
    if is_bare_tune_run(trainer):
        return _compose(job, runtime, topology, is_single_device=topology.is_single_device)
    if trainer.command is None and _has_to_choose(runtime, trainer.args, topology):
        return _compose(job, runtime, topology, is_single_device=not topology.is_spread)
    own, inherited = container.command or (), container.args
    if topology.nodes > 1:
        own = point_to_endpoint(own, topology.endpoint)
        inherited = inherited and point_to_endpoint(inherited, topology.endpoint)
    taken = _take(trainer, container.model_copy(update={"command": own or None, "args": inherited}))
    line = read_line((*taken.get("command", ()), *taken.get("args", ())), container, before)
    if not isinstance(line.parsed, Malformed):
        return Launch(taken, line.run, before.run)
    whose = "" if trainer.command or trainer.args is not None else f"runtime {job.spec.runtime_ref.name}: "
    return NoSelection(whose + line.parsed.message)


def launch_as_given(trainer: Trainer | None, container: Container) -> Launch:
    """Return the command as it is given, which a runtime that is not torch's has to know how to start."""
    before, taken = read_line(words_of(container), container), _take(trainer, container)
    container = upsert_env(container, *((trainer.env if trainer is not None else None) or ()))
    line = read_line((*taken.get("command", ()), *taken.get("args", ())), container, before)
    return Launch(taken, line.run, before.run)


def _take(trainer: Trainer | None, container: Container) -> Command:
    """Return command and arguments as Kubernetes takes them: the TrainJob's own, or those of the runtime.

    Empty ones are values: they leave the image's own in force.
    """
    given = trainer or Trainer()
    command = container.command if given.command is None else given.command
    arguments = container.args if given.args is None else given.args
    return ({} if command is None else {"command": command}) | ({} if arguments is None else {"args": arguments})


def _read(container: Container, before: Line) -> _Runtime:
    """Read what a runtime's container runs with the TrainJob's environment, which its words may refer to."""
    command, arguments = container.command or (), container.args
    run = read_line(command, container, before).run
    if run is not None or not arguments:
        return _Runtime(before, container, command, arguments, run)
    whole = read_line(words_of(container), container, before).run
    if whole is None:
        return _Runtime(before, container, command, arguments, None)
    return _Runtime(before, container, words_of(container), (), whole, is_in_arguments=True)


def _has_to_choose(runtime: _Runtime, arguments: Words | None, topology: Topology) -> bool:
    """Tell whether the runtime's ``tune run`` is not the one that nodes, accelerators and arguments ask for."""
    arguments = None if arguments is None else expand_all(arguments, runtime.container)
    inherited = expand_all(runtime.arguments or (), runtime.container)
    run = runtime.run.with_arguments(inherited) if runtime.run is not None else None
    if run is None or not all(map(is_override, arguments or ())):
        return False
    if arguments is not None and runtime.is_in_arguments:
        return bool(arguments)  # what it runs stands in the arguments, which overrides alone are not to replace
    recipe, method = RECIPES.get(run.recipe), method_of(run)
    if recipe is None or method is None:
        return False
    is_for_one = not recipe.is_distributed and (topology.nodes > 1 or topology.is_spread)
    return is_for_one or method_with(method, arguments or ()) is not method


def _compose(job: TrainJob, runtime: _Runtime, topology: Topology, *, is_single_device: bool) -> Launch | NoSelection:
    given = job.spec.trainer.args if job.spec.trainer is not None else None
    arguments = runtime.arguments if given is None else given
    environment = environment_of(runtime.container)
    read = {word: expand(word, environment) for word in (*runtime.command, *(arguments or ()))}
    composed = compose(
        runtime.run or [read[word] for word in runtime.command],
        [read[word] for word in arguments or ()],
        runtime_name=job.spec.runtime_ref.name,
        place=Place(topology.nodes, is_single_device, topology.endpoint),
    )
    if isinstance(composed, NoSelection):
        return composed
    written = {value: word for word, value in read.items()}
    command = tuple(written.get(word, word) for word in composed.command.render())
    words = tuple(written.get(word, word) for word in composed.arguments)
    taken = {"command": command} | ({} if arguments is None else {"args": words})
    return Launch(taken, composed.run, runtime.before.run)
