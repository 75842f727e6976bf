"""A run can go on only where one has left its state."""

from trainjob_torchtune.preflight.folder import describe
from trainjob_torchtune.preflight.sight import is_file
from trainjob_torchtune.run.training import Training
from trainjob_torchtune.violation import Violation


def check_resumption(training: Training) -> Violation | None:
    """Look for the recipe's state, as checkpointers do (torchtune/training/checkpointing/_utils.py)."""
    output = training.output
    if not training.is_resumed or training.has_own_state or output is None:
        return None
    if is_file(output / "recipe_state" / "recipe_state.pt") or any(output.glob("dist_epoch_*/.metadata")):
        return None
    return Violation(
        f"There is nothing to resume in {output}, no recipe_state/recipe_state.pt; {describe(output)}: leave out "
        "resume_from_checkpoint=True, or set output_dir to the folder of the run that is to go on."
    )
