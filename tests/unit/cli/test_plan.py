"""``trainjob-operator plan`` as a command: what it reads, where it prints, how it exits."""

import io
import subprocess
import sys
from pathlib import Path

import pytest
from tests.factories.rendering import EXAMPLES, parse
from tests.factories.terminal import RESERVED, Terminal, job

FIRST = EXAMPLES / "first.yaml"


def test_warnings_beside_manifests_are_as_kubectl_writes_them(terminal: Terminal) -> None:
    code, out, err = terminal.plan(job(trainer={"args": ["epcohs=1"]}), options=("--output=yaml",))

    assert code == 0
    assert err.startswith("Warning: spec.trainer.args[0]: config ")
    kinds = [manifest["kind"] for manifest in parse(out)]
    assert kinds == ["ConfigMap", "Service", "PersistentVolumeClaim", "Job", "Job", "Job"]
    assert "# 00000000-0000-0000-0000-000000000000 stands for the UID" in out


def test_of_several_the_good_ones_are_summarized(terminal: Terminal) -> None:
    code, out, err = terminal.plan(job("good"), job("bad", trainer=RESERVED))

    assert code == 1
    assert out.startswith("TrainJob default/good on ClusterTrainingRuntime ")
    assert err.startswith("TrainJob default/bad is refused:\n")


def test_nobody_is_given_the_half_of_manifests(terminal: Terminal) -> None:
    code, out, err = terminal.plan(job("good"), job("bad", trainer=RESERVED), options=("-oyaml",))

    assert (code, out) == (1, "")
    assert err.startswith("TrainJob default/bad is refused:\n")


def test_standard_input(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(FIRST.read_bytes())))

    assert terminal.run("-f", "-")[1].startswith("TrainJob default/first on ")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            "a: b: c",
            "trainjob-operator: {file}: line 1, column 5: this is no YAML: mapping values are not allowed here\n",
        ),
        ("kind: Secret", "trainjob-operator: there is no TrainJob in {file}\n"),
        (None, "trainjob-operator: [Errno 2] No such file or directory: '{file}'\n"),
    ],
)
def test_what_cannot_be_read(terminal: Terminal, tmp_path: Path, text: str | None, sentence: str) -> None:
    file = tmp_path / "job.yaml"
    if text is not None:
        file.write_text(text)

    assert terminal.run("-f", str(file)) == (1, "", sentence.format(file=file))


def test_what_is_neither_trainjob_nor_runtime_is_left_alone(terminal: Terminal) -> None:
    code, _, err = terminal.plan(job(), {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}})

    assert (code, err) == (0, "Note: Secret default/s is not looked at\n")


def test_usage(terminal: Terminal, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exit_:
        terminal.run()
    assert exit_.value.code == 2
    assert "-f/--filename" in capsys.readouterr().err


def test_neither_kopf_nor_aiohttp_is_loaded() -> None:
    code = (
        "import sys; from trainjob_operator.cli.app import main; "
        f"main(['plan', '-f', {str(FIRST)!r}]); print(sorted({{'kopf', 'aiohttp'}} & set(sys.modules)))"
    )

    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert said.stdout.splitlines()[-1] == "[]"
