"""TorchTune takes what TrainJobs on the bundled runtimes come to."""

from typing import Any

from tests.training.test_selections import answers_to
from tests.unit.reconciler.objects import RUNTIMES, SDK, container_of, runtime_body, trainjob

from trainjob_operator.api.runtime import parse_runtime
from trainjob_operator.reconciler.resolve import resolve
from trainjob_operator.reconciler.resolved import ResolvedJob
from trainjob_operator.torchtune.arguments import parse_tune_run
from trainjob_operator.torchtune.selection import Selection

NAMES = sorted(file.stem for file in RUNTIMES.glob("torchtune-*.yaml"))
LORA = ["model.lora_attn_modules=[q_proj,v_proj]"]
ONE = {"resourcesPerNode": {"limits": {"nvidia.com/gpu": 1}}}


def chosen(name: str, trainer: dict[str, Any] | None) -> Selection | None:
    """Give what a TrainJob on a runtime runs, or None if it is refused."""
    job = trainjob(runtime=name)
    if trainer is not None:
        job = trainjob(runtime=name, trainer={"command": SDK, **trainer})
    result = resolve(job, parse_runtime(runtime_body(name)))
    if not isinstance(result, ResolvedJob):
        return None
    container = container_of(result)
    run = parse_tune_run((*(container.command or ()), *(container.args or ())))
    assert run is not None
    return Selection(run.recipe, run.config, run.overrides)


TRAINERS: list[dict[str, Any] | None] = [
    None,
    {},
    {"numNodes": 2},
    ONE,
    {"args": LORA},
    {"args": LORA, **ONE},
    {"args": [*LORA, "model.quantize_base=True"]},
]


def test_as_they_are_and_as_trainjobs_change_them() -> None:
    """All at once: TorchTune builds each model once for all. PPO has no adapters, and TorchTune says so by itself."""
    results = {
        (name, str(trainer)): chosen(name, trainer)
        for name in NAMES
        for trainer in TRAINERS
        if not ("ppo" in name and "lora" in str(trainer))
    }

    assert all(results[name, trainer] for name in NAMES for trainer in ("None", "{}"))
    assert answers_to(sorted({one for one in results.values() if one is not None}, key=str)) == {}
