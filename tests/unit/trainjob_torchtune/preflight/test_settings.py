"""Values of the configuration that cannot be, and a run that has nothing to go on from."""

from dataclasses import replace
from pathlib import Path

import pytest
from tests.factories.training import dataset, training

from trainjob_torchtune.preflight.data.packing import check_packing
from trainjob_torchtune.preflight.run.compiler import check_compiler
from trainjob_torchtune.preflight.run.precision import check_precision
from trainjob_torchtune.preflight.run.resumption import check_resumption
from trainjob_torchtune.violation import Violation


@pytest.mark.parametrize(("dtype", "refused"), [("bf16", False), ("fp32", False), ("fp16", True), ("float32", True)])
def test_a_precision_that_recipes_train_in(dtype: str, *, refused: bool) -> None:
    violation = check_precision(training(dtype=dtype, datasets=(dataset(),)))

    sentence = f"The run has dtype={dtype}: recipes train in dtype=bf16 or dtype=fp32."
    assert violation == (Violation(sentence) if refused else None)


def test_who_evaluates_may_use_another() -> None:
    assert check_precision(training(dtype="fp16")) is None


@pytest.mark.parametrize(("length", "refused"), [(None, True), (2048, False)])
def test_packed_rows_need_a_length(length: int | None, *, refused: bool) -> None:
    run = training(datasets=(dataset(packed=True),), max_seq_len=length)

    assert (check_packing(run) is not None) is refused
    assert check_packing(replace(run, datasets=(dataset(packed=False),))) is None


@pytest.mark.parametrize(
    ("device", "there", "lacking"),
    [
        ("cuda", "gcc", None),
        ("cuda", "clang", None),
        ("cuda:0", "g++", "C compiler (gcc or clang)"),
        ("cpu", "g++", None),
        ("cpu", "gcc", "C++ compiler (g++)"),
    ],
)
def test_who_compiles_needs_a_compiler(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, device: str, there: str, lacking: str | None
) -> None:
    (tmp_path / there).touch(mode=0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    run = replace(training(device=device), is_compiled=True)

    sentence = f"compile=True needs a {lacking}, which this image does not have: set compile=False."
    assert check_compiler(run) == (Violation(sentence) if lacking else None)
    assert check_compiler(replace(run, is_compiled=False)) is None


@pytest.mark.parametrize(("variable", "device"), [("CC", "cuda"), ("CXX", "cpu")])
def test_a_compiler_may_be_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str, device: str) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv(variable, str(tmp_path / "mine"))
    run = replace(training(device=device), is_compiled=True)

    assert f"({tmp_path}/mine)" in str(check_compiler(run))
    (tmp_path / "mine").touch(mode=0o755)
    assert check_compiler(run) is None


@pytest.mark.parametrize(
    ("state", "refused"),
    [("recipe_state/recipe_state.pt", False), ("dist_epoch_0/.metadata", False), ("epoch_0/model.safetensors", True)],
)
def test_a_run_goes_on_from_its_state(tmp_path: Path, state: str, *, refused: bool) -> None:
    (tmp_path / state).parent.mkdir()
    (tmp_path / state).touch()
    run = training(output=tmp_path, is_resumed=True)

    assert (check_resumption(run) is not None) is refused
    assert check_resumption(replace(run, has_own_state=True)) is None
    assert check_resumption(replace(run, is_resumed=False)) is None


def test_what_there_is_to_resume_is_told(tmp_path: Path) -> None:
    (tmp_path / "epoch_0").mkdir()

    assert check_resumption(training(output=tmp_path, is_resumed=True)) == Violation(
        f"There is nothing to resume in {tmp_path}, no recipe_state/recipe_state.pt; {tmp_path} holds epoch_0/: leave "
        "out resume_from_checkpoint=True, or set output_dir to the folder of the run that is to go on."
    )
