"""TorchTune takes what TrainJobs on the bundled runtimes come to."""

import re
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from tests.factories.objects import SDK, container_of, runtime_body, trainjob
from tests.factories.rendering import RUNTIMES
from tests.training.test_selections import answers_to, ask
from tests.unit.generate.runtimes.test_table import FASTER, SPEED_SETTINGS

from trainjob_contract.tune_run import TuneRun, parse_tune_run
from trainjob_initializer.download.selection import MODEL_PATTERNS
from trainjob_operator.api.runtime import parse_runtime
from trainjob_operator.reconciler.resolve import resolve
from trainjob_operator.reconciler.resolved import ResolvedJob
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
    assert isinstance(run, TuneRun)
    return Selection(run.recipe, run.config, run.overrides)


[PAGED] = [text.split() for text in re.findall(r"`(optimizer=bitsandbytes[^`]+)`", FASTER)]
TRAINERS: list[dict[str, Any] | None] = [
    None,
    {},
    {"numNodes": 2},
    ONE,
    {"resourcesPerNode": {"limits": {"nvidia.com/gpu": 2}}},
    {"args": LORA},
    {"args": LORA, **ONE},
    {"args": [*LORA, "model.quantize_base=True"]},
]


def test_every_file_is_one_that_the_initializer_brings() -> None:
    selections = {name: chosen(name, None) for name in NAMES}
    files = dict(zip(NAMES, ask("asked_files.py", [one for one in selections.values() if one]), strict=True))

    for name in NAMES:
        models = [path for path in files[name] if Path(path).suffix]
        assert len(models) > 1
        assert all(any(fnmatch(path, pattern) for pattern in MODEL_PATTERNS) for path in models), name
        # Where Phi-4's profiler would write, if it were switched on.
        elsewhere = [path for path in files[name] if not path.startswith("/workspace/")]
        assert not [path for path in elsewhere if not path.endswith("/profiling_outputs")], name


def merged(names: list[str]) -> dict[str, Any]:
    """Give what a TrainJob on each runtime comes to, as TorchTune merges it."""
    selections = [one for name in names if (one := chosen(name, None)) is not None]
    return dict(zip(names, ask("merged.py", selections), strict=True))


def test_adamw_steps_over_all_weights_at_once() -> None:
    optimizers = {name: config["optimizer"] for name, config in merged(NAMES).items()}

    assert {name for name, one in optimizers.items() if one["_component_"] != "torch.optim.AdamW"} == {
        # Its recipe steps within the backward pass, with the optimizer of bitsandbytes.
        "torchtune-mistral-7b-ppo"
    }
    assert {name for name, one in optimizers.items() if one.get("fused") is not True} == {"torchtune-mistral-7b-ppo"}


def test_faster_runtimes_step_after_about_as_many_tokens() -> None:
    fast = [name for name in NAMES if name.endswith("-fast")]
    configs = merged([*fast, *(name.removesuffix("-fast") for name in fast)])

    for name in fast:
        config, plain = configs[name], configs[name.removesuffix("-fast")]
        examples = plain["batch_size"] * plain["gradient_accumulation_steps"]
        assert config["tokenizer"]["max_seq_len"] == max(128 * examples, 2048)
        assert (config["batch_size"], config["gradient_accumulation_steps"]) == (1, 1)
        assert (config["compile"], config["dataset"]["packed"]) == (True, True)
        assert config["optimizer"] == plain["optimizer"]


def test_speed_settings() -> None:
    results = [
        *(chosen("torchtune-llama3.1-8b", {"args": setting.split()}) for setting in SPEED_SETTINGS),
        # The way back from the last of them, on a smaller GPU.
        *(chosen(name, {"args": PAGED}) for name in ("torchtune-qwen2.5-3b", "torchtune-phi3-mini")),
    ]

    assert answers_to([one for one in results if one is not None]) == {}
    assert all(results)


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
