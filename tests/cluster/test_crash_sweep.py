"""The operator is killed at each of its calls that change something, and goes on as if nothing had happened."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor

import pytest
from tests.cluster import crds
from tests.cluster.api_proxy import Strike, sort_of
from tests.cluster.kube import Kube
from tests.cluster.namespaces import Namespaces
from tests.cluster.scenarios import SCENARIOS, Scenario
from tests.cluster.sweep import Run, Sweep

AT_ONCE = 4
STATUS = "PATCH status"
MORE_STATUSES = 2


@pytest.fixture(scope="module")
def sweep(kube: Kube, namespaces: Namespaces, tmp_path_factory: pytest.TempPathFactory) -> Sweep:
    crds.install(kube.cluster)
    return Sweep(kube, namespaces, tmp_path_factory.mktemp("sweep"))


@pytest.fixture(scope="module")
def undisturbed(sweep: Sweep) -> Iterator[Mapping[str, Future[Run]]]:
    """Each scenario's run without a strike."""
    with ThreadPoolExecutor(AT_ONCE) as threads:
        yield {scenario.name: threads.submit(sweep.run, scenario, None) for scenario in SCENARIOS}


@pytest.mark.parametrize("scenario", SCENARIOS, ids=str)
def test_undisturbed_run_makes_nothing_too_often(undisturbed: Mapping[str, Future[Run]], scenario: Scenario) -> None:
    run = undisturbed[scenario.name].result()

    assert tuple(condition[:3] for condition in run.state.conditions) == scenario.conditions
    assert run.state.children == tuple((child, 1) for child in sorted(scenario.children))
    assert run.state.are_its_own or not scenario.conditions
    assert run.state.restarts == scenario.restarts
    assert run.created == {child: 2 if child in scenario.made_twice else 1 for child in run.created}
    assert scenario.made_twice <= run.created.keys()
    assert run.told == dict.fromkeys(scenario.told, 1)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=str)
def test_operator_killed_at_any_call_comes_to_the_same_end(
    sweep: Sweep, undisturbed: Mapping[str, Future[Run]], scenario: Scenario
) -> None:
    expected = undisturbed[scenario.name].result()
    strikes = list(_strikes(expected.calls))
    with ThreadPoolExecutor(AT_ONCE) as threads:
        futures = [threads.submit(sweep.run, scenario, strike) for strike in strikes]

    differences = {}
    unstruck, struck = [], set()
    for strike, future in zip(strikes, futures, strict=True):
        error = future.exception()
        if error is not None:
            differences[str(strike)] = f"{type(error).__name__}: {error}"
            continue
        run = future.result()
        if run.is_struck:
            struck.add(strike.sort)
        elif strike.sort != STATUS:
            unstruck.append(str(strike))
        if not _is_alike(scenario, run, expected):
            differences[str(strike)] = str(run)
    assert not differences, "\n".join(f"{strike}: {run}" for strike, run in differences.items())
    assert unstruck == []
    assert set(map(sort_of, expected.calls)) <= struck


def _strikes(calls: Iterable[str]) -> Iterator[Strike]:
    """Strike at each call, and at more writes of the status, which a busy machine's run may make."""
    counts = Counter(map(sort_of, calls))
    counts[STATUS] += MORE_STATUSES
    for sort, count in counts.items():
        for number in range(1, count + 1):
            yield Strike(sort, number, "before")
            yield Strike(sort, number, "after")


def _is_alike(scenario: Scenario, run: Run, expected: Run) -> bool:
    """Tell whether nothing was made twice, removed or told of without need, and all is as it should be in the end."""
    is_all_made = run.created == expected.created or (
        scenario.is_hasty and run.created.items() <= expected.created.items()
    )
    return (
        run.state == expected.state
        and is_all_made
        and run.deleted <= expected.deleted
        and run.told.items() <= expected.told.items()
    )
