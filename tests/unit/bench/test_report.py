import json
from pathlib import Path

import pytest
from rich.console import Console
from tests.bench import figures, report
from tests.bench.admission import Admission
from tests.bench.figures import Figure, Section
from tests.bench.machine import this_machine
from tests.bench.procfs import Memory
from tests.bench.quantiles import quantiles
from tests.bench.run import Run
from tests.bench.tally import Tally
from tests.bench.timeline import Moment, latencies
from tests.bench.window import Usage

LIFE = dict(zip(Moment, (0.0, 0.01, 2.0, 2.01, 4.0, 4.02), strict=True))


def usage(operator_cpu: float | None, counts: dict[str, int]) -> Usage:
    return Usage(
        seconds=60.0,
        load=(0.5, 1.5),
        busy=0.75,
        apiserver_cpu=0.6,
        operator_cpu=operator_cpu,
        operator_memory=None if operator_cpu is None else Memory(80 * 2**20, 90 * 2**20),
        requests=Tally(counts, {}, 30),
    )


def run(operator_cpu: float | None, seconds: float, counts: dict[str, int]) -> Run:
    return Run(jobs=2, seconds=seconds, latencies=latencies([LIFE, LIFE]), usage=usage(operator_cpu, counts))


def find(section: Section, name: str) -> Figure:
    [found] = [figure for figure in section.figures if figure.name == name]
    return found


def test_runs_are_compared_for_each_trainjob() -> None:
    floor = run(None, 4.0, {"create jobs": 6, "create services": 4, "list jobs": 1, "watch jobs": 1})
    section = figures.of_runs("all at once", run(0.02, 5.0, {"create jobs": 6, "get configmaps": 2}), floor)
    assert find(section, "requests per TrainJob (floor: creates)") == Figure(
        "requests per TrainJob (floor: creates)", "", 4.0, 5.0
    )
    assert find(section, "operator CPU per TrainJob").operator == 10.0
    assert find(section, "API server CPU per TrainJob").ratio == 1.0
    assert find(section, "TrainJobs per second").ratio == pytest.approx(0.8)
    assert find(section, "sum of these, p50").operator == pytest.approx(40.0)
    assert find(section, "operator memory, peak").operator == 90.0
    assert section.notes[-1] == "requests per TrainJob: create jobs 3, get configmaps 1"


def test_admission_shows_what_webhooks_add() -> None:
    admitted, plain = quantiles([0.005, 0.006, 0.03]), quantiles([0.002, 0.003, 0.01])
    section = figures.of_admission(Admission(admitted, plain, cpu=0.0015, usage=usage(0.3, {})))
    assert find(section, "create of a TrainJob, p50") == Figure("create of a TrainJob, p50", "ms", 6.0, 3.0)
    assert find(section, "added by the webhooks, p50").operator == pytest.approx(3.0)
    assert find(section, "added by the webhooks, p95").operator == pytest.approx(20.0)
    assert find(section, "operator CPU per create").operator == pytest.approx(1.5)


def test_idling_counts_no_watches() -> None:
    section = figures.of_idling(200, usage(0.3, {"watch jobs": 2}), usage(None, {}))
    assert find(section, "requests other than watches and the Lease's").operator == 0
    assert find(section, "requests for the Lease").operator == 30
    assert find(section, "operator CPU, of a core").operator == pytest.approx(0.5)


def test_table_shows_every_figure() -> None:
    section = Section("a [title]", (Figure("requests", "", 10.0, 5.0), Figure("CPU", "ms", 0.0)), ("a note",))
    console = Console(width=80)
    with console.capture() as captured:
        report.show(console, section)
    lines = captured.get().splitlines()
    assert "a [title]" in lines[1]
    assert [cell.strip() for cell in lines[5].split("│")[1:-1]] == ["requests", "10.0", "5.00", "2.00"]
    assert [cell.strip() for cell in lines[6].split("│")[1:-1]] == ["CPU (ms)", "0", "", ""]
    assert lines[-1] == "  a note"


@pytest.mark.parametrize(
    ("value", "expected"),
    [(None, ""), (0.0, "0"), (0.123, "0.12"), (9.999, "10.00"), (12.34, "12.3"), (456.7, "457")],
)
def test_number(value: float | None, expected: str) -> None:
    assert report.number(value) == expected


def test_json_holds_machine_and_figures(tmp_path: Path) -> None:
    file = tmp_path / "figures.json"
    report.write(file, this_machine("v1.2.3", "3.11.2"), [Section("title", (Figure("x", "ms", 1.0, 2.0),), ())])
    document = json.loads(file.read_text())
    assert document["machine"]["kubernetes"] == "v1.2.3"
    assert document["machine"]["cores"] >= 1
    assert document["sections"] == [
        {
            "title": "title",
            "figures": [{"name": "x", "unit": "ms", "operator": 1.0, "floor": 2.0}],
            "notes": [],
        }
    ]
