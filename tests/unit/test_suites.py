"""What `make test` does with suites, shown on targets of a Makefile that only say something."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from tests.suites import ROOT, Suites

MAKEFILE = """
good:
	@echo "this is well"
slow:
	@echo "2.50s call     tests/a.py::test_slow"; echo "40.25s setup    tests/b.py::test_slower"
options:
	@echo "$$PYTEST_ADDOPTS"
bad:
	@echo "this is not"; exit 3
meets-first:
	@touch first; until [ -e second ]; do sleep 0.05; done
meets-second:
	@touch second; until [ -e first ]; do sleep 0.05; done
hangs:
	@trap 'touch cleaned; exit 1' INT; echo hanging; while :; do sleep 0.05; done
"""
RUN = """
import sys
from pathlib import Path
from tests.suites import main
sys.exit(main(Path(sys.argv[1]), [[["hangs", "good"]]]))
"""


@pytest.fixture
def suites(tmp_path: Path) -> Suites:
    (tmp_path / "Makefile").write_text(MAKEFILE)
    return Suites(tmp_path)


def test_what_suites_say_is_shown_with_their_names(suites: Suites, capfd: pytest.CaptureFixture[str]) -> None:
    suites.run([[["good", "options"]]])

    said = capfd.readouterr().out.splitlines()
    assert "good            | this is well" in said
    assert any(line.startswith("options ") and "--durations" in line for line in said)
    assert suites.failed == []
    assert list(suites.took) == ["good", "options"]


def test_lanes_run_side_by_side(suites: Suites) -> None:
    suites.run([[["meets-first"], ["meets-second"]]])

    assert suites.failed == []


def test_one_that_fails_fails_all_once_the_others_of_its_phase_have_ended(suites: Suites) -> None:
    suites.run([[["bad", "good"], ["slow"]], [["options"]]])

    assert suites.failed == ["bad"]
    assert suites.took.keys() == {"bad", "good", "slow"}


def test_the_summary_tells_what_took_longest(suites: Suites) -> None:
    suites.run([[["bad", "slow"]]])
    suites.took = {"bad": 3.2, "slow": 125.0}

    assert suites.summary() == [
        "What took longest:",
        "  slow  2 min  5 s",
        "  bad          3 s  FAILED",
        "The slowest tests:",
        "  40.25s setup    tests/b.py::test_slower",
        "  2.50s call     tests/a.py::test_slow",
    ]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_one_that_is_interrupted_has_its_suites_clean_up(suites: Suites, number: signal.Signals) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", RUN, suites.folder],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert any("hanging" in line for line in process.stdout)
    process.send_signal(number)
    said, _ = process.communicate(timeout=30)

    assert process.returncode != 0
    assert (suites.folder / "cleaned").exists()
    assert "good " not in said
