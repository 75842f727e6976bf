"""TorchTune trains on the CPU, behind the launcher, with the command lines of production."""

import json
from statistics import mean

import pytest
from tests.demo.follow import parse_loss
from tests.models import environment
from tests.training.conftest import STEPS, Trained
from tests.training.container import Container

RUNS = ["full", "lora", "pair"]


@pytest.fixture
def trained(request: pytest.FixtureRequest) -> Trained:
    found: Trained = request.getfixturevalue(request.param)
    return found


@pytest.mark.parametrize("trained", RUNS, indirect=True)
def test_a_recipe_succeeds_and_leaves_its_output(trained: Trained) -> None:
    container, outcome = trained

    assert outcome.code == 0, "\n".join(outcome.lines)
    assert outcome.termination == ""
    assert "device: cpu" in outcome.lines
    epoch = container.output / ("epoch_1" if "lora" in container.volume.name else "epoch_0")
    assert {"config.json", "model-00001-of-00001.safetensors"} <= {path.name for path in epoch.iterdir()}
    assert (epoch / "original" / "tokenizer.model").is_file()
    assert all(path.stat().st_mode & 0o044 == 0o044 for path in epoch.iterdir()), "another pod could not read it"


@pytest.mark.parametrize("trained", RUNS, indirect=True)
def test_every_step_is_trained_and_the_loss_falls(trained: Trained) -> None:
    container, _ = trained
    losses = container.losses

    assert len(losses) == STEPS
    assert mean(losses[-5:]) < mean(losses[:5]) - 0.1


@pytest.mark.parametrize("trained", RUNS, indirect=True)
def test_who_follows_the_log_sees_the_loss_up_to_the_last_step(trained: Trained) -> None:
    container, outcome = trained
    seen = [loss for line in outcome.lines if (loss := parse_loss(line)) is not None]

    assert [loss.step for loss in seen] == sorted(loss.step for loss in seen)
    assert seen[-1].step == STEPS
    assert seen[-1].value == pytest.approx(container.losses[-1])
    assert not any("\r" in line for line in outcome.lines)


def test_training_goes_on_where_another_recipe_ended(full: Trained, lora: Trained) -> None:
    assert mean(lora[0].losses[:3]) < mean(full[0].losses[:3]) - 1


def test_an_adapter_names_its_base(lora: Trained) -> None:
    """As the initializer noted it; the test below loads both by that."""
    for folder in lora[0].output.glob("epoch_*"):
        described = json.loads((folder / "adapter" / "adapter_config.json").read_text())
        assert described["base_model_name_or_path"] == str(lora[0].model)


def test_transformers_loads_every_result_and_an_adapter_is_merged_once(
    full: Trained, lora: Trained, pair: Trained
) -> None:
    """A second epoch must not start from weights into which the first one's adapter was merged already."""
    pairs = [
        *(full[0].model, full[0].output / "epoch_0"),
        *(lora[0].model, lora[0].output / "epoch_1"),
        *(pair[0].model, pair[0].output / "epoch_0"),
    ]
    reports = json.loads(environment.run_module("tests.training.load", *pairs, with_torch=True))

    for report in reports:
        assert report["problems"] == []
        assert report["changed"] > 0
        assert report["finite"]
    assert [report["adapter_difference"] is None for report in reports] == [True, False, True]
    assert reports[1]["adapter_difference"] < 1e-4


def test_every_other_subcommand_is_torchtunes(container: Container) -> None:
    outcome = container.run(["ls"])

    assert outcome.code == 0
    assert any(line.startswith("lora_finetune_single_device ") for line in outcome.lines)
