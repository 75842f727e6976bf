"""Whatever crashes, lags or is taken away: no failure is counted twice, and trainers that can end well do.

What has succeeded stays.
"""

from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from tests.world.life import INITIALIZERS
from tests.world.objects import restarting, trainjob
from tests.world.store import START, View
from tests.world.world import World
from trainjob_operator.reconciler.children import Kind
from trainjob_operator.reconciler.life.lifecycle import is_finished
from trainjob_operator.reconciler.reconcile import reconcile
from trainjob_operator.reconciler.state import Delete, Plan

NODE = "demo-node-0"
JOBS = (*INITIALIZERS, NODE)
ENOUGH = 60
FINAL = 42
RULES: tuple[dict[str, Any], ...] = (
    {"action": "RestartTrainJobAndIgnoreMaxRestarts", "onPodConditions": [{"type": "DisruptionTarget"}]},
    {"action": "FailTrainJob", "onExitCodes": {"operator": "In", "values": [FINAL]}},
)


class Restarts(RuleBasedStateMachine):
    """One TrainJob that may start anew, under an operator that may be killed, and whose caches lag kind by kind."""

    def __init__(self) -> None:
        super().__init__()
        self.world = World(job=trainjob("demo", created=START), runtime=restarting(0), are_pods_slow=True)
        self.cache: View = self.world.view()
        self.most = 0
        self.troubles = 0
        self.before = (0, 0)

    @initialize(most=st.integers(0, 3))
    def begin(self, most: int) -> None:
        self.most = most
        self.world.runtime = restarting(most, *RULES)
        self.cache = self.world.view()

    @rule(stop_after=st.one_of(st.none(), st.integers(0, 3)))
    def work(self, stop_after: int | None) -> None:
        """The operator decides from its caches; it may die after some of its writes."""
        if self.cache.job is None:
            return
        plan = reconcile(self.world.observe(self.cache))
        self.check(plan)
        self.world.execute(plan, stop_after, self.cache.job)

    def check(self, plan: Plan) -> None:
        """What has succeeded is not deleted, and what counts a failure does nothing else."""
        succeeded = {job.uid for job in self.world.jobs.values() if job.outcome is not None and job.outcome.succeeded}
        for action in plan.actions:
            assert not (isinstance(action, Delete) and action.kind is Kind.JOB and action.uid in succeeded)
        if any(event.reason == "TrainJobRestarted" for event in plan.events):
            assert plan.actions == ()

    @rule(kinds=st.sets(st.sampled_from(["job", "snapshot", "children", "jobs", "pods"])))
    def catch_up(self, kinds: set[str]) -> None:
        """Some caches catch up, others do not."""
        truth = self.world.view()
        fresh = {kind: getattr(truth, kind) for kind in kinds}
        self.cache = View(**{**{k: getattr(self.cache, k) for k in View.__dataclass_fields__}, **fresh})

    @rule()
    def train(self) -> None:
        """Get to where trainers run, which few would by chance."""
        for _ in range(3):
            self.work_with_caches_in_step()
            for name in INITIALIZERS:
                self.world.start_pods(name)
                self.world.end_pods(name, succeed=True)
        self.world.start_pods(NODE)

    @rule(name=st.sampled_from(JOBS), exit_code=st.sampled_from([1, 1, 1, 10, 20, 22, 143, FINAL]))
    def fail(self, name: str, exit_code: int) -> None:
        self.world.end_pods(name, succeed=False, exit_code=exit_code)

    @rule(name=st.sampled_from(JOBS), disruption=st.sampled_from([None, "PreemptionByScheduler"]))
    def take(self, name: str, disruption: str | None) -> None:
        self.world.take_pods(name, disruption)
        self.troubles += 1

    @rule(name=st.sampled_from(JOBS))
    def lose(self, name: str) -> None:
        self.world.lose_pods(name)

    @rule(name=st.sampled_from(JOBS))
    def delete(self, name: str) -> None:
        self.world.delete_by_hand(name)
        self.troubles += 1

    @rule(suspend=st.booleans())
    def suspend_or_resume(self, suspend: bool) -> None:
        self.world.set_suspend(suspend=suspend)

    @rule(seconds=st.floats(0.1, 100))
    def wait(self, seconds: float) -> None:
        self.world.pass_time(seconds)

    @invariant()
    def nothing_is_counted_twice(self) -> None:
        restarts, counted = self.counts()
        assert self.before[0] <= restarts
        assert self.before[1] <= counted <= min(restarts, self.most)
        assert restarts <= len(self.world.failed) + self.troubles
        self.before = (restarts, counted)

    def counts(self) -> tuple[int, int]:
        status = self.world.job.status
        return (status.restarts or 0, status.restarts_count_towards_max or 0) if status is not None else (0, 0)

    def teardown(self) -> None:
        """With caches in step and pods that succeed, the TrainJob ends, and stays as it is."""
        self.world.change(suspend=False)
        for _ in range(ENOUGH):
            self.work_with_caches_in_step()
            for name in JOBS:
                self.world.lose_pods(name)
                self.world.end_pods(name, succeed=True)
                self.world.start_pods(name)
            self.world.pass_time(1)
        assert is_finished(self.world.job)
        counts = self.counts()
        for _ in range(3):
            assert reconcile(self.world.observe(self.world.view())) == Plan()
        assert self.counts() == counts

    def work_with_caches_in_step(self) -> None:
        self.cache = self.world.view()
        self.work(None)


Restarts.TestCase.settings = settings(
    max_examples=200, stateful_step_count=40, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
TestRestarts = Restarts.TestCase
