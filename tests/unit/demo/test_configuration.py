import pytest
from tests.demo.configuration import fold_configuration

HEAD = "INFO:torchtune.utils._logging:Running LoRAFinetuneRecipeSingleDevice with resolved config:"
YAML = """\
batch_size: 2
checkpointer:
  _component_: torchtune.training.FullModelHFCheckpointer
  checkpoint_files:
  - model.safetensors
device: cpu
dataset:
  column_map:
    input: instruction
resume_from_checkpoint: false
""".splitlines()
SEED = "DEBUG:torchtune.utils._logging:Setting manual seed to local seed 7."


@pytest.mark.parametrize("after", [[], [SEED], [SEED, "batch_size: not a part of it"]], ids=str)
def test_it_is_folded_into_one_line(after: list[str]) -> None:
    log = ["checked: all is well", HEAD, "", *YAML, "", *after]

    assert list(fold_configuration(log)) == ["checked: all is well", "resolved configuration (10 lines)", *after]


def test_each_of_two_runs_has_its_own() -> None:
    assert list(fold_configuration([HEAD, "", "seed: 1", SEED, HEAD, "", "seed: 2", "dtype: fp32"])) == [
        "resolved configuration (1 lines)",
        SEED,
        "resolved configuration (2 lines)",
    ]


def test_other_logs_stay_as_they_are() -> None:
    lines = ["key: value", "", "  indented", "the resolved config: is elsewhere"]

    assert list(fold_configuration(lines)) == lines
