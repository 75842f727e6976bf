"""Whether what TorchTune runs can be spread over the nodes that are asked for."""

from collections.abc import Iterator

from trainjob_contract.tune_run import TuneRun
from trainjob_operator.api.conditions import Reason
from trainjob_operator.api.trainjob import TrainJob
from trainjob_operator.reconciler.rules.violation import Violation
from trainjob_operator.torchtune.arguments import value_of
from trainjob_operator.torchtune.catalogue import RECIPES, sibling_for_several
from trainjob_operator.torchtune.methods import method_of

_REFERENCE = "${"


def check_scale(job: TrainJob, run: TuneRun | None, nodes: int) -> Iterator[Violation]:
    """Refuse whole trainings on several nodes that write one output; a variable may give each its own."""
    recipe = RECIPES.get(run.recipe) if run is not None else None
    if run is None or recipe is None or recipe.is_distributed or method_of(run) is None or nodes <= 1:
        return
    if _REFERENCE in (value_of(run.overrides, "output_dir") or ""):
        return
    asks = job.spec.trainer is not None and job.spec.trainer.num_nodes is not None
    other = sibling_for_several(run.recipe)
    remedy = f"name the recipe {other}, or set numNodes to 1" if other is not None else "set numNodes to 1"
    yield Violation(
        Reason.INVALID_SPEC,
        "spec.trainer.numNodes" if asks else "spec.runtimeRef",
        f"{nodes} nodes would each run the whole training, and write one output: {run.recipe} is for one device;"
        f" {remedy}",
    )
