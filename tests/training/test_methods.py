"""Every method trains on the CPU: with the command that `plan` gives for a TrainJob, behind the launcher."""

import json
from collections.abc import Callable
from statistics import mean

import pytest
from tests.models import environment
from tests.training.conftest import Trained
from tests.training.methods import CASES, STEPS


@pytest.mark.parametrize("name", CASES)
def test_a_method_trains_and_learns(train: Callable[[str], Trained], name: str) -> None:
    container, outcome = train(name)
    case = CASES[name]

    assert outcome.code == 0, "\n".join(outcome.lines)
    assert not [line for line in outcome.lines if line.startswith("Warning")]
    seen = [step[case.logged] for step in container.logged]
    assert len(seen) == (STEPS if case.logged == "loss" else STEPS // 2)
    fallen = mean(seen[:4]) - mean(seen[-4:])
    assert fallen > case.gain if case.gain > 0 else fallen < case.gain


def test_transformers_loads_every_result_and_peft_makes_the_same_of_base_and_adapter(
    train: Callable[[str], Trained],
) -> None:
    """transformers would add an adapter that lies beside merged weights to them once more."""
    pairs = [path for name in CASES for path in (train(name)[0].model, train(name)[0].output / "epoch_0")]
    reports = json.loads(environment.run_module("tests.training.load", *pairs, with_torch=True))

    for (name, case), report in zip(CASES.items(), reports, strict=True):
        assert report["problems"] == [], name
        assert report["changed"] > 0, name
        assert report["finite"], name
        assert (report["adapter_difference"] is not None) == case.tiny.lora, name
        if case.tiny.lora:
            assert report["adapter_difference"] < case.exactness * report["adapter_effect"], name
