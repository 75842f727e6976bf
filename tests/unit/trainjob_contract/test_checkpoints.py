"""How the settings of checkpoints are read."""

import pytest

from trainjob_contract.checkpoints import CheckpointSettings, read_checkpoint_settings
from trainjob_contract.survival import check_survival

USUAL = CheckpointSettings(seconds=900.0, steps=None, kept=2, stop_seconds=20.0, is_resumed=True)


@pytest.mark.parametrize(
    ("environment", "settings"),
    [
        pytest.param({}, USUAL, id="nothing"),
        pytest.param({"TRAINJOB_CHECKPOINT_MINUTES": " "}, USUAL, id="empty"),
        pytest.param({"TRAINJOB_CHECKPOINT_MINUTES": "0.5"}, CheckpointSettings(seconds=30.0), id="half a minute"),
        pytest.param({"TRAINJOB_CHECKPOINT_MINUTES": "Off"}, CheckpointSettings(seconds=None), id="off"),
        pytest.param({"TRAINJOB_CHECKPOINT_STEPS": "100"}, CheckpointSettings(seconds=None, steps=100), id="steps"),
        pytest.param(
            {"TRAINJOB_CHECKPOINT_STEPS": "100", "TRAINJOB_CHECKPOINT_MINUTES": "60"},
            CheckpointSettings(seconds=3600.0, steps=100),
            id="both",
        ),
        pytest.param({"TRAINJOB_CHECKPOINTS_KEPT": "1"}, CheckpointSettings(kept=1), id="one"),
        pytest.param({"TRAINJOB_STOP_SECONDS": "0"}, CheckpointSettings(stop_seconds=0.0), id="no time to stop"),
        pytest.param({"TRAINJOB_RESUME": "off"}, CheckpointSettings(is_resumed=False), id="anew"),
        pytest.param({"TRAINJOB_RESUME": "ON"}, USUAL, id="as usual"),
    ],
)
def test_settings(environment: dict[str, str], settings: CheckpointSettings) -> None:
    assert read_checkpoint_settings(environment) == settings
    assert check_survival(environment) is None


@pytest.mark.parametrize(
    ("name", "text", "wanted"),
    [
        ("TRAINJOB_CHECKPOINT_MINUTES", "0", "a number of minutes, more than 0, or off"),
        ("TRAINJOB_CHECKPOINT_MINUTES", "-5", "a number of minutes, more than 0, or off"),
        ("TRAINJOB_CHECKPOINT_MINUTES", "15m", "a number of minutes, more than 0, or off"),
        ("TRAINJOB_CHECKPOINT_MINUTES", "nan", "a number of minutes, more than 0, or off"),
        ("TRAINJOB_CHECKPOINT_MINUTES", "1e9", "a number of minutes, more than 0, or off"),
        ("TRAINJOB_CHECKPOINT_MINUTES", "99999999", "10080 at most"),
        ("TRAINJOB_CHECKPOINT_STEPS", "0", "a whole number, 1 or more"),
        ("TRAINJOB_CHECKPOINT_STEPS", "1.5", "a whole number, 1 or more"),
        ("TRAINJOB_CHECKPOINTS_KEPT", "all", "a whole number, 1 or more"),
        ("TRAINJOB_STOP_SECONDS", ".", "a number of seconds, 0 or more"),
        ("TRAINJOB_STOP_SECONDS", "soon", "a number of seconds, 0 or more"),
        ("TRAINJOB_RESUME", "yes", "on or off"),
    ],
)
def test_what_cannot_be_read_is_named(name: str, text: str, wanted: str) -> None:
    assert check_survival({name: text}) == f"{name} is {text!r}; it has to be {wanted}"
