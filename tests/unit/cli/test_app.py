"""The program as a whole: its commands, and how it ends."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from tests.factories.terminal import job

from trainjob_operator import __version__
from trainjob_operator.api.schema import custom_resource_definitions
from trainjob_operator.cli.app import main

Capture = pytest.CaptureFixture[str]


def helped(capsys: Capture, *words: str) -> str:
    with pytest.raises(SystemExit) as exit_:
        main([*words, "--help"])
    assert exit_.value.code == 0
    return capsys.readouterr().out


def test_help_lists_each_command_once(capsys: Capture) -> None:
    listed = re.findall(r"^ {4}(\w+) ", helped(capsys), re.MULTILINE)

    assert listed == ["run", "crds", "plan"]


def test_help_of_run_describes_the_settings(capsys: Capture) -> None:
    assert "TRAINJOB_OPERATOR_WORKERS (default " in helped(capsys, "run")


def test_render_is_another_word_for_plan(tmp_path: Path, capsys: Capture) -> None:
    file = tmp_path / "job.yaml"
    file.write_text(yaml.safe_dump(job()))
    said = []
    for word in ("plan", "render"):
        assert main([word, "-f", str(file)]) == 0
        said.append(capsys.readouterr())

    assert said[0] == said[1]
    assert said[0].out.startswith("TrainJob default/j on ")


def test_crds_are_printed(capsys: Capture) -> None:
    assert main(["crds"]) == 0
    printed = list(yaml.safe_load_all(capsys.readouterr().out))
    assert printed == json.loads(json.dumps(list(custom_resource_definitions().values())))


def test_a_wrong_setting_is_told_in_a_line(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    monkeypatch.setenv("TRAINJOB_OPERATOR_WORKERS", "many")

    assert main(["run"]) == 1
    assert capsys.readouterr().err.startswith("trainjob-operator: TRAINJOB_OPERATOR_WORKERS='many' cannot be used")


def test_the_package_is_the_program() -> None:
    version = subprocess.run(
        [sys.executable, "-m", "trainjob_operator", "--version"], capture_output=True, text=True, check=True
    )

    assert version.stdout == f"trainjob-operator {__version__}\n"
