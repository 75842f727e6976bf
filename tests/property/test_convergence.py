"""Whatever crashes, lags or is deleted: the plan is empty in the end and stays so; nothing follows a terminal state."""

from datetime import UTC, datetime

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from tests.property.objects import RUNTIME, trainjob
from tests.property.world import View, World
from trainjob_operator.reconciler.lifecycle import is_finished
from trainjob_operator.reconciler.reconcile import reconcile

JOBS = ("demo-dataset-initializer-0", "demo-model-initializer-0", "demo-node-0")
CHILDREN = (*JOBS, "demo", "initializer-demo")
QUIESCENT_AFTER = 60


class TrainJobLife(RuleBasedStateMachine):
    """One TrainJob under an operator whose caches lag kind by kind and which may be killed between any two writes."""

    def __init__(self) -> None:
        super().__init__()
        self.world = World(job=trainjob("demo", created=datetime(2026, 1, 1, tzinfo=UTC)), runtime=RUNTIME)
        self.cache: View = self.world.view()
        self.created_at_end: int | None = None

    @rule(stop_after=st.one_of(st.none(), st.integers(0, 4)))
    def work(self, stop_after: int | None) -> None:
        """The operator decides from its caches; it may die after some of its writes."""
        self.world.execute(reconcile(self.world.observe(self.cache)), stop_after)

    @rule(kinds=st.sets(st.sampled_from(["job", "snapshot", "children", "jobs", "pods"])))
    def catch_up(self, kinds: set[str]) -> None:
        """Some caches catch up, others do not."""
        truth = self.world.view()
        fresh = {kind: getattr(truth, kind) for kind in kinds}
        self.cache = View(**{**{k: getattr(self.cache, k) for k in View.__dataclass_fields__}, **fresh})

    @rule(name=st.sampled_from(JOBS))
    def start(self, name: str) -> None:
        self.world.start_pods(name)

    @rule(name=st.sampled_from(JOBS), succeed=st.booleans())
    def end(self, name: str, succeed: bool) -> None:
        self.world.end_pods(name, succeed=succeed)

    @rule(name=st.sampled_from(CHILDREN))
    def delete(self, name: str) -> None:
        self.world.delete_by_hand(name)

    @rule(seconds=st.floats(0.1, 100))
    def wait(self, seconds: float) -> None:
        self.world.pass_time(seconds)

    @rule(suspend=st.booleans())
    def suspend_or_resume(self, suspend: bool) -> None:
        self.world.set_suspend(suspend=suspend)

    @rule(seconds=st.sampled_from([None, 30, 300]))
    def set_deadline(self, seconds: int | None) -> None:
        """As if the TrainJob had been made with another one: the rule is what matters here."""
        self.world.change(active_deadline_seconds=seconds)

    @precondition(lambda self: is_finished(self.world.job))
    @invariant()
    def nothing_is_created_after_the_end(self) -> None:
        caught_up = is_finished(self.cache.job)
        if caught_up and self.created_at_end is None:
            self.created_at_end = len(self.world.created)
        if self.created_at_end is not None:
            assert len(self.world.created) == self.created_at_end

    def teardown(self) -> None:
        """With caches in step and pods that succeed, the TrainJob ends, and then nothing is left to do."""
        self.world.change(suspend=False, active_deadline_seconds=None)
        for _ in range(QUIESCENT_AFTER):
            self.cache = self.world.view()
            plan = reconcile(self.world.observe(self.cache))
            self.world.execute(plan)
            for name in JOBS:
                self.world.end_pods(name, succeed=True)
                self.world.start_pods(name)
            self.world.pass_time(1)
        assert is_finished(self.world.job)
        before = len(self.world.created)
        for _ in range(3):
            plan = reconcile(self.world.observe(self.world.view()))
            assert plan.actions == ()
            assert plan.status is None
            assert plan.requeue_after is None
            self.world.pass_time(3600)
        assert len(self.world.created) == before


TrainJobLife.TestCase.settings = settings(
    max_examples=60, stateful_step_count=30, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
TestTrainJobLife = TrainJobLife.TestCase
