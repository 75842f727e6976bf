"""What becomes of the runtime's trainer: command, arguments, environment and resources of the TrainJob go in."""

from dataclasses import dataclass

from trainjob_contract.environment import NPROC_PER_NODE
from trainjob_contract.tune_run import TuneRun
from trainjob_operator.api.runtime import Runtime
from trainjob_operator.api.status import RecipeStatus
from trainjob_operator.api.trainjob import Trainer, TrainJob
from trainjob_operator.api.workload import Container, ContainerPort, EnvVar, JobTemplate
from trainjob_operator.naming import NODE, RENDEZVOUS_PORT
from trainjob_operator.reconciler.merge.ending import give_time
from trainjob_operator.reconciler.merge.launch import Launch, is_bare_tune_run, launch, launch_as_given
from trainjob_operator.reconciler.merge.resources import merge_resources
from trainjob_operator.reconciler.merge.templates import (
    add_mount,
    add_volume,
    change_container,
    find_container,
    upsert_env,
)
from trainjob_operator.reconciler.merge.topology import Topology, is_torch, lay_out
from trainjob_operator.torchtune.catalogue import RECIPES, model_of
from trainjob_operator.torchtune.methods import Method
from trainjob_operator.torchtune.selection import NoSelection

_SHARED_MEMORY = "shared-memory"
_SHARED_MEMORY_PATH = "/dev/shm"  # noqa: S108 - where torch's workers and NCCL look for it
_MEMORY_DISK = {"emptyDir": {"medium": "Memory"}}


@dataclass(frozen=True, slots=True)
class EquippedTrainer:
    """The trainer's template with the TrainJob in it.

    Attributes:
        run: what TorchTune will run; None for other programs.
        own: what the runtime would have it run.
    """

    template: JobTemplate
    topology: Topology
    run: TuneRun | None = None
    own: TuneRun | None = None


def equip_trainer(job: TrainJob, runtime: Runtime, template: JobTemplate, host: str) -> EquippedTrainer | NoSelection:
    """Put the TrainJob's trainer into the template of the trainer's step.

    ``args: []`` clears the runtime's, absent ``args`` keep them. As in Kubeflow Trainer, torchrun is told of nodes and
    processes only if the TrainJob has a ``trainer``, or where nothing would come of the training otherwise.

    Raises:
        ValueError: a quantity is none.
    """
    container = find_container(template, NODE)
    if container is None:
        return EquippedTrainer(template, lay_out(job, runtime, None, host))
    trainer = job.spec.trainer
    resources = merge_resources(container.resources, trainer.resources_per_node if trainer is not None else None)
    topology = lay_out(job, runtime, resources, host)
    is_launched = is_torch(runtime)
    launched = launch(job, container, topology) if is_launched else launch_as_given(trainer, container)
    if isinstance(launched, NoSelection):
        return launched
    equipped = container.model_copy(update=launched.command)
    if resources is not None:
        equipped = equipped.model_copy(update={"resources": resources})
    if trainer is not None or (is_launched and _needs_torchrun(container, launched, topology)):
        equipped = _apply(trainer or Trainer(), equipped, topology if is_launched else None)
    equipped = add_mount(equipped, _SHARED_MEMORY, _SHARED_MEMORY_PATH)
    template = change_container(template, NODE, lambda _: equipped)
    if any(mount.name == _SHARED_MEMORY for mount in equipped.volume_mounts or ()):
        template = add_volume(template, _SHARED_MEMORY, _MEMORY_DISK)
    if launched.run is not None:
        template = give_time(template)
    return EquippedTrainer(template, topology, launched.run, launched.own)


def describe_recipe(equipped: EquippedTrainer, method: Method | None, model: str | None) -> RecipeStatus | None:
    """Tell what TorchTune will run; None for other programs. Where torchrun is told nothing, it starts one process."""
    container, run, topology = find_container(equipped.template, NODE), equipped.run, equipped.topology
    if run is None:
        return None
    recipe = RECIPES.get(run.recipe)
    is_told = container is not None and any(entry.name == NPROC_PER_NODE for entry in container.env or ())
    processes = "1" if not is_told else "auto" if topology.processes is None else str(topology.processes)
    return RecipeStatus(
        model=model or model_of(run.config),
        method=method,
        recipe=run.recipe,
        config=run.config,
        num_nodes=topology.nodes,
        num_proc_per_node="1" if recipe is not None and not recipe.is_distributed else _option(run) or processes,
    )


def _option(run: TuneRun) -> str | None:
    """Return the number of processes that the command line itself gives, which torchrun prefers to the environment."""
    value = run.option("nproc_per_node") or ""
    return value if value.isdecimal() or value == "auto" else None


def _needs_torchrun(runtime: Container, launched: Launch, topology: Topology) -> bool:
    """Tell whether TorchTune trains on several nodes, or by another recipe than the runtime's."""
    command = launched.command.get("command", runtime.command)
    return launched.run is not None and (topology.nodes > 1 or command != runtime.command)


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
