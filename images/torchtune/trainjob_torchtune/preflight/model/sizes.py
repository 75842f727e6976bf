"""The model in the files has to be as large as the one that the configuration builds."""

import json
from typing import Any

from trainjob_torchtune.preflight.sight import is_file
from trainjob_torchtune.run.builders import SIZES, read_sizes
from trainjob_torchtune.run.training import Checkpointer, Training
from trainjob_torchtune.violation import Violation


def check_sizes(training: Training) -> Violation | None:
    """Compare the folder's config.json with the builder.

    Of most sizes torch would say so in thousands of words once the weights are read; another number of heads it would
    load, and compute something else.
    """
    for checkpointer in training.checkpointers:
        violation = _check(checkpointer)
        if violation is not None:
            return violation
    return None


def _check(checkpointer: Checkpointer) -> Violation | None:
    path, builder = checkpointer.folder / "config.json", checkpointer.model
    if builder is None or not checkpointer.needs_config or not is_file(path):
        return None
    try:
        config: Any = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        return Violation(f"The model's {path} cannot be read ({error}): download the model again.")
    sizes = read_sizes(builder)
    others = {
        argument: config[name]
        for argument, name in SIZES.items()
        if isinstance(config, dict) and argument in sizes and type(config.get(name)) is int
    }
    wrong = [argument for argument, size in others.items() if size != sizes[argument]]
    if not wrong:
        return None
    has = ", ".join(f"{SIZES[argument]}={others[argument]}" for argument in wrong)
    makes = ", ".join(f"{argument}={sizes[argument]}" for argument in wrong)
    return Violation(
        f"The model in {checkpointer.folder} is of another size than the one to train: its config.json says {has}, but "
        f"{builder.key}={builder.component} makes {makes}. Name the configuration, or the runtime, of this model, or "
        f"download the model of that size."
    )
