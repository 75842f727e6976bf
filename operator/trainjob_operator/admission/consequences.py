"""What a trainer will do that is hardly meant, told from the pod that it comes to: idle GPUs, a result that is lost."""

from collections.abc import Iterator

from trainjob_operator.admission.nodes import advise_on_nodes
from trainjob_operator.admission.result import advise_on_result
from trainjob_operator.api.status import RecipeStatus
from trainjob_operator.api.trainjob import TrainJob
from trainjob_operator.api.workload import Container
from trainjob_operator.naming import NODE
from trainjob_operator.reconciler.merge.references import find_unset
from trainjob_operator.reconciler.merge.resources import count_accelerators
from trainjob_operator.reconciler.merge.templates import find_container
from trainjob_operator.reconciler.resolved import ResolvedJob
from trainjob_operator.torchtune.catalogue import RECIPES, sibling_for_several
from trainjob_operator.torchtune.keys import find_misnomer


def advise_on_trainer(job: TrainJob, resolved: ResolvedJob) -> Iterator[str]:
    """Yield warnings about the pods that train."""
    yield from advise_on_nodes(job, resolved)
    [template] = [step.template for step in resolved.steps if step.name == resolved.trainer]
    container = find_container(template, NODE)
    run = resolved.run
    if container is None or run is None:
        return
    yield from _advise_on_references(job, container)
    misnomer = find_misnomer(run.recipe, run.config)
    if misnomer is not None:
        yield f"spec.trainer: {misnomer}"
    accelerators = count_accelerators(container.resources)
    processes = job.spec.trainer.num_proc_per_node if job.spec.trainer is not None else None
    if accelerators > 1 and not isinstance(processes, int) and resolved.recipe is not None:
        yield from _advise_on_one_process(job, resolved.recipe, accelerators)
    if accelerators and isinstance(processes, int) and processes != accelerators:
        yield (
            f"spec.trainer.numProcPerNode: {processes} process(es) train on each node, which has {accelerators}"
            f" accelerator(s): {_outcome(processes, accelerators)}; set numProcPerNode and resourcesPerNode to the same"
            " number"
        )
    yield from advise_on_result(run, container, template)


def _advise_on_references(job: TrainJob, container: Container) -> Iterator[str]:
    trainer = job.spec.trainer
    for field in ("command", "args") if trainer is not None else ():
        for at, word in enumerate(getattr(trainer, field) or ()):
            for name in find_unset(word, container):
                yield (
                    f"spec.trainer.{field}[{at}] refers to $({name}), which is in no env of the trainer: it would stay"
                    f" as it is; set it in spec.trainer.env, or write $$({name}) if that is meant"
                )


def _advise_on_one_process(job: TrainJob, recipe: RecipeStatus, accelerators: int) -> Iterator[str]:
    known = RECIPES.get(recipe.recipe)
    if recipe.num_proc_per_node != "1" or known is None:
        return
    if not known.is_distributed:
        other = sibling_for_several(recipe.recipe)
        cause, remedy = f"{recipe.recipe} is for one device", f"name the recipe {other}, or " if other else ""
    elif job.spec.trainer is None:
        cause, remedy = "without spec.trainer torchrun starts no more", "write `trainer: {}` for one on each, or "
    else:
        return
    yield (
        f"spec.trainer: one process trains on each node, which has {accelerators} accelerators, because {cause}:"
        f" {_outcome(1, accelerators)}; {remedy}set resourcesPerNode to one"
    )


def _outcome(processes: int, accelerators: int) -> str:
    return "some processes will find none" if processes > accelerators else f"{accelerators - processes} will be idle"
