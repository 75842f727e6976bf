"""All weights of a real language model, SmolLM2 135M, by a TrainJob on its runtime, which trains it by LoRA itself."""

import json
from dataclasses import dataclass
from statistics import mean

import pytest
from tests.models import answers, store
from tests.training.container import Container, Outcome
from tests.training.rendered import place, runtime

RUNTIME = "torchtune-smollm2-135m"
STEPS = 24
ARGS = (
    *("full_finetune_single_device", "--config", "llama3_2/1B_full_single_device"),
    *("optimizer=torch.optim.AdamW", "optimizer.fused=True", "optimizer.lr=1e-4", "optimizer_in_bwd=False"),
    *("batch_size=4", "dtype=fp32", "seed=7", f"max_steps_per_epoch={STEPS}", "log_peak_memory_stats=False"),
    "metric_logger.filename=train.log",
)
FORM = ("Name:", "Kind:", "Summary:")


@dataclass(frozen=True, slots=True)
class Run:
    """What was run, and what came of it."""

    words: list[str]
    container: Container
    outcome: Outcome


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    trainjob = {
        "apiVersion": "trainer.kubeflow.org/v1alpha1",
        "kind": "TrainJob",
        "metadata": {"name": "real", "namespace": "default"},
        "spec": {"runtimeRef": {"name": RUNTIME}, "trainer": {"command": ["tune", "run"], "args": list(ARGS)}},
    }
    folders = {"model": store.smollm2(), "dataset": store.docstrings()}
    container, words = place([trainjob, runtime(RUNTIME)], tmp_path_factory.mktemp("real"), folders)
    return Run(words, container, container.run(words))


def test_the_loss_falls(run: Run) -> None:
    assert run.outcome.code == 0, "\n".join(run.outcome.lines)
    assert "model=torchtune.models.llama3_2.llama3_2" in run.words

    losses = run.container.losses

    assert len(losses) == STEPS
    assert mean(losses[-5:]) < 0.8 * mean(losses[:5])


def test_the_answers_take_the_form_of_the_data(run: Run) -> None:
    rows = json.loads((store.docstrings() / "held_out.json").read_text(encoding="utf-8"))
    questions = [row["input"] for row in rows[:3]]

    before = answers.ask(store.smollm2(), questions)
    after = answers.ask(run.container.output / "epoch_0", questions)

    for word in FORM:
        assert sum(word in text for text in after) >= 2
        assert not any(word in text for text in before)
