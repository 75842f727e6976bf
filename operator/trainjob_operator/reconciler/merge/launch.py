"""What the trainer's container runs: the runtime's command, the TrainJob's, or one composed of both."""

from trainjob_contract.tune_run import TUNE_RUN, Malformed, TuneRun, is_override, parse_tune_run
from trainjob_operator.api.trainjob import Trainer, TrainJob
from trainjob_operator.api.workload import Container
from trainjob_operator.reconciler.merge.references import environment_of, expand, expand_all
from trainjob_operator.reconciler.merge.templates import tune_run_of, upsert_env
from trainjob_operator.reconciler.merge.topology import Topology
from trainjob_operator.torchtune.catalogue import RECIPES
from trainjob_operator.torchtune.composition import Place, compose, point_to_endpoint
from trainjob_operator.torchtune.methods import method_of, method_with
from trainjob_operator.torchtune.selection import NoSelection

Words = tuple[str, ...]
Launch = dict[str, Words]


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
    environment = topology.environment(with_master=True)
    container = upsert_env(container, *(trainer.env or ()), *environment, topology.own_environment())
    if is_bare_tune_run(trainer):
        return _compose(job, container, topology, is_single_device=topology.is_single_device)
    if trainer.command is None and _has_to_choose(container, trainer.args, topology):
        return _compose(job, container, topology, is_single_device=not topology.is_spread)
    own, inherited = container.command or (), container.args
    if topology.nodes > 1:
        own = point_to_endpoint(own, topology.endpoint)
        inherited = inherited and point_to_endpoint(inherited, topology.endpoint)
    taken = take_command(trainer, container.model_copy(update={"command": own or None, "args": inherited}))
    run = parse_tune_run(expand_all((*taken.get("command", ()), *taken.get("args", ())), container))
    if not isinstance(run, Malformed):
        return taken
    whose = "" if trainer.command or trainer.args is not None else f"runtime {job.spec.runtime_ref.name}: "
    return NoSelection(whose + run.message)


def take_command(trainer: Trainer | None, container: Container) -> Launch:
    """Return command and arguments as Kubernetes takes them: the TrainJob's own, or those of the runtime.

    Empty ones are values: they leave the image's own in force.
    """
    given = trainer or Trainer()
    command = container.command if given.command is None else given.command
    arguments = container.args if given.args is None else given.args
    return ({} if command is None else {"command": command}) | ({} if arguments is None else {"args": arguments})


def _has_to_choose(container: Container, arguments: Words | None, topology: Topology) -> bool:
    """Tell whether the runtime's ``tune run`` is not the one that nodes, accelerators and arguments ask for."""
    run = tune_run_of(container)
    arguments = None if arguments is None else expand_all(arguments, container)
    if run is None or not all(map(is_override, arguments or ())):
        return False
    runs = parse_tune_run(expand_all(container.command or (), container))
    if arguments is not None and not isinstance(runs, TuneRun):
        return bool(arguments)  # what it runs stands in the arguments, which overrides alone are not to replace
    recipe, method = RECIPES.get(run.recipe), method_of(run)
    if recipe is None or method is None:
        return False
    is_for_one = not recipe.is_distributed and (topology.nodes > 1 or topology.is_spread)
    return is_for_one or method_with(method, arguments or ()) is not method


def _compose(
    job: TrainJob, container: Container, topology: Topology, *, is_single_device: bool
) -> Launch | NoSelection:
    own, inherited = container.command or (), container.args
    runs = parse_tune_run(expand_all(own, container))
    if not isinstance(runs, TuneRun) and tune_run_of(container) is not None:
        own, inherited = (*own, *(inherited or ())), ()  # what it runs stands in the arguments, too
    given = job.spec.trainer.args if job.spec.trainer is not None else None
    arguments = inherited if given is None else given
    environment = environment_of(container)
    read = {word: expand(word, environment) for word in (*own, *(arguments or ()))}
    composed = compose(
        [read[word] for word in own],
        [read[word] for word in arguments or ()],
        runtime_name=job.spec.runtime_ref.name,
        place=Place(topology.nodes, is_single_device, topology.endpoint),
    )
    if isinstance(composed, NoSelection):
        return composed
    written = {value: word for word, value in read.items()}
    command = tuple(written.get(word, word) for word in composed.command.render())
    words = tuple(written.get(word, word) for word in composed.arguments)
    return {"command": command} | ({} if arguments is None else {"args": words})
