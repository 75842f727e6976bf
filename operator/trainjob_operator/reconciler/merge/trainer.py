"""What becomes of the runtime's trainer: command, arguments, environment and resources of the TrainJob go in."""

from trainjob_operator.api.runtime import Runtime
from trainjob_operator.api.status import RecipeStatus
from trainjob_operator.api.trainjob import Trainer, TrainJob
from trainjob_operator.api.workload import Container, ContainerPort, EnvVar, JobTemplate
from trainjob_operator.naming import NODE, RENDEZVOUS_PORT
from trainjob_operator.reconciler.merge.resources import merge_resources
from trainjob_operator.reconciler.merge.templates import (
    add_mount,
    add_volume,
    change_container,
    find_container,
    tune_run_of,
    upsert_env,
)
from trainjob_operator.reconciler.merge.topology import Topology, is_torch, lay_out
from trainjob_operator.torchtune.arguments import TUNE_RUN, parse_tune_run
from trainjob_operator.torchtune.catalogue import RECIPES, model_of
from trainjob_operator.torchtune.composition import Place, compose, point_to_endpoint
from trainjob_operator.torchtune.methods import method_of
from trainjob_operator.torchtune.selection import NoSelection

_SHARED_MEMORY = "shared-memory"
_SHARED_MEMORY_PATH = "/dev/shm"  # noqa: S108 - where torch's workers and NCCL look for it
_MEMORY_DISK = {"emptyDir": {"medium": "Memory"}}


def is_bare_tune_run(trainer: Trainer | None) -> bool:
    """Tell whether the TrainJob leaves the choice of recipe and config to us, as the SDK's BuiltinTrainer does."""
    return trainer is not None and trainer.command is not None and tuple(trainer.command) == TUNE_RUN


def equip_trainer(
    job: TrainJob, runtime: Runtime, template: JobTemplate, host: str
) -> tuple[JobTemplate, Topology] | NoSelection:
    """Put the TrainJob's trainer into the template of the trainer's step.

    The runtime's command stays unless the TrainJob gives one; a bare ``tune run`` is completed. ``args: []`` clears the
    runtime's, absent ``args`` keep them.

    Raises:
        ValueError: a quantity is none.
    """
    container = find_container(template, NODE)
    if container is None:
        return template, lay_out(job, runtime, None, host)
    trainer = job.spec.trainer
    resources = merge_resources(container.resources, trainer.resources_per_node if trainer is not None else None)
    topology = lay_out(job, runtime, resources, host)
    launch = _launch(job, container, topology) if is_torch(runtime) else _command(trainer, container)
    if isinstance(launch, NoSelection):
        return launch
    equipped = container.model_copy(update=launch)
    if resources is not None:
        equipped = equipped.model_copy(update={"resources": resources})
    if trainer is not None:
        equipped = _apply(trainer, equipped, topology if is_torch(runtime) else None)
    equipped = add_mount(equipped, _SHARED_MEMORY, _SHARED_MEMORY_PATH)
    template = change_container(template, NODE, lambda _: equipped)
    if any(mount.name == _SHARED_MEMORY for mount in equipped.volume_mounts or ()):
        template = add_volume(template, _SHARED_MEMORY, _MEMORY_DISK)
    return template, topology


def describe_recipe(job: TrainJob, template: JobTemplate, topology: Topology) -> RecipeStatus | None:
    """Tell what TorchTune will run; None for other programs. Without a ``trainer`` torchrun starts one process."""
    container = find_container(template, NODE)
    run = tune_run_of(container)
    if run is None:
        return None
    recipe = RECIPES.get(run.recipe)
    is_single = job.spec.trainer is None or (recipe is not None and not recipe.is_distributed)
    processes = "auto" if topology.processes is None else str(topology.processes)
    return RecipeStatus(
        model=model_of(run.config),
        method=method_of(run),
        recipe=run.recipe,
        config=run.config,
        num_nodes=topology.nodes,
        num_proc_per_node="1" if is_single else processes,
    )


def _launch(job: TrainJob, container: Container, topology: Topology) -> dict[str, tuple[str, ...]] | NoSelection:
    """Give what becomes of the command and the arguments of the trainer's container."""
    trainer = job.spec.trainer or Trainer()
    own, inherited = container.command or (), container.args
    if not is_bare_tune_run(trainer):
        if topology.nodes > 1:
            own = point_to_endpoint(own, topology.endpoint)
            inherited = inherited and point_to_endpoint(inherited, topology.endpoint)
        return _command(trainer, container.model_copy(update={"command": own, "args": inherited}))
    if parse_tune_run(own) is None and tune_run_of(container) is not None:
        own, inherited = (*own, *(inherited or ())), ()  # what it runs stands in the arguments, too
    arguments = inherited if trainer.args is None else trainer.args
    composed = compose(
        own,
        arguments or (),
        runtime_name=job.spec.runtime_ref.name,
        place=Place(topology.nodes, topology.is_single_device, topology.endpoint),
    )
    if isinstance(composed, NoSelection):
        return composed
    return {"command": composed.command.render()} | ({} if arguments is None else {"args": composed.arguments})


def _command(trainer: Trainer | None, container: Container) -> dict[str, tuple[str, ...]]:
    """Give command and arguments as Kubernetes takes them: the TrainJob's own, or those of the runtime."""
    given = trainer or Trainer()
    command = given.command or container.command
    arguments = container.args if given.args is None else given.args
    return ({"command": command} if command else {}) | ({} if arguments is None else {"args": arguments})


def _apply(trainer: Trainer, container: Container, topology: Topology | None) -> Container:
    """Put in image and environment, and where torchrun launches what is run, what it has to know."""
    changes: dict[str, object] = {"image": trainer.image} if trainer.image else {}
    launched: tuple[EnvVar, ...] = ()
    if topology is not None:
        launched = (*topology.environment(with_master=not is_bare_tune_run(trainer)), topology.own_environment())
        ports = container.ports or ()
        if all(port.container_port != RENDEZVOUS_PORT for port in ports):
            changes["ports"] = (*ports, ContainerPort(container_port=RENDEZVOUS_PORT))
    return upsert_env(container.model_copy(update=changes), *(trainer.env or ()), *launched)
