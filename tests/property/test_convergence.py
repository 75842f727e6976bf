"""Whatever crashes, lags or is deleted: the plan is empty in the end and stays so; nothing follows a terminal state.

What ended stays for its time to live, and no longer.
"""

from datetime import UTC, datetime, timedelta

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tests.world.objects import RUNTIME, keeping_for, trainjob
from tests.world.world import View, World
from trainjob_operator.api.trainjob import TrainJob
from trainjob_operator.reconciler.life.lifecycle import is_finished
from trainjob_operator.reconciler.reconcile import reconcile
from trainjob_operator.reconciler.state import UNSCHEDULABLE_AFTER

JOBS = ("demo-dataset-initializer-0", "demo-model-initializer-0", "demo-node-0")
CHILDREN = (*JOBS, "demo", "initializer-demo")
QUIESCENT_AFTER = 60
TIMES_TO_LIVE = (None, 0, 30, 300)
LONGER_THAN_ANY = 3600
PRECISION = timedelta(seconds=1)  # of the times in a status


class TrainJobLife(RuleBasedStateMachine):
    """One TrainJob under an operator whose caches lag kind by kind and which may be killed between any two writes."""

    def __init__(self) -> None:
        super().__init__()
        self.world = World(job=trainjob("demo", created=datetime(2026, 1, 1, tzinfo=UTC)), runtime=RUNTIME)
        self.cache: View = self.world.view()
        self.created_at_end: int | None = None
        self.ended: datetime | None = None

    @initialize(own=st.sampled_from(TIMES_TO_LIVE), others=st.tuples(*[st.sampled_from(TIMES_TO_LIVE)] * 2))
    def begin(self, own: int | None, others: tuple[int | None, int | None]) -> None:
        """A TrainJob keeps to the runtime that it saw first."""
        self.world.change(ttl_seconds_after_finished=own)
        self.world.runtime = keeping_for(trainjobs=others[0], children=others[1])
        self.cache = self.world.view()

    @rule(stop_after=st.one_of(st.none(), st.integers(0, 4)))
    def work(self, stop_after: int | None) -> None:
        """The operator decides from its caches; it may die after some of its writes."""
        if self.cache.job is None:
            return
        was_deleted = self.world.is_deleted
        self.world.execute(reconcile(self.world.observe(self.cache)), stop_after)
        if self.ended is None and is_finished(self.world.job):
            self.ended = self.world.now
        if self.world.is_deleted and not was_deleted:
            asked_for = self.time_to_live(self.cache.job)
            assert asked_for is not None
            assert self.ended is not None
            assert self.world.now - self.ended > timedelta(seconds=asked_for) - PRECISION

    @rule(kinds=st.sets(st.sampled_from(["job", "snapshot", "children", "jobs", "pods"])))
    def catch_up(self, kinds: set[str]) -> None:
        """Some caches catch up, others do not."""
        truth = self.world.view()
        fresh = {kind: getattr(truth, kind) for kind in kinds}
        self.cache = View(**{**{k: getattr(self.cache, k) for k in View.__dataclass_fields__}, **fresh})

    @rule()
    def all_goes_well(self) -> None:
        """Without this few would get to their end, where there is something to be seen too."""
        self.work_with_caches_in_step()
        for name in JOBS:
            self.world.end_pods(name, succeed=True)
            self.world.start_pods(name)

    @rule(name=st.sampled_from(JOBS))
    def start(self, name: str) -> None:
        self.world.start_pods(name)

    @rule(name=st.sampled_from(JOBS))
    def refuse_pods(self, name: str) -> None:
        self.world.take_up(name)

    @rule(name=st.sampled_from(JOBS))
    def find_no_node(self, name: str) -> None:
        self.world.strand_pods(name)

    @rule(name=st.sampled_from(JOBS), succeed=st.booleans())
    def end(self, name: str, succeed: bool) -> None:
        self.world.end_pods(name, succeed=succeed)

    @rule(name=st.sampled_from(CHILDREN))
    def delete(self, name: str) -> None:
        self.world.delete_by_hand(name)

    @rule(seconds=st.one_of(st.floats(0.1, 100), st.just(UNSCHEDULABLE_AFTER.total_seconds())))
    def wait(self, seconds: float) -> None:
        self.world.pass_time(seconds)

    @rule(suspend=st.booleans())
    def suspend_or_resume(self, suspend: bool) -> None:
        self.world.set_suspend(suspend=suspend)

    @rule(seconds=st.sampled_from([None, 30, 300]))
    def set_deadline(self, seconds: int | None) -> None:
        """As if the TrainJob had been made with another one: the rule is what matters here."""
        self.world.change(active_deadline_seconds=seconds)

    @rule(seconds=st.sampled_from(TIMES_TO_LIVE))
    def set_time_to_live(self, seconds: int | None) -> None:
        """As if the TrainJob had been made with another one, before the end or after it."""
        self.world.change(ttl_seconds_after_finished=seconds)

    @precondition(lambda self: is_finished(self.world.job))
    @invariant()
    def nothing_is_created_after_the_end(self) -> None:
        """Nor after the deletion, while the garbage collector takes away what the caches may show."""
        caught_up = self.cache.job is None or is_finished(self.cache.job)
        if caught_up and self.created_at_end is None:
            self.created_at_end = len(self.world.created)
        if self.created_at_end is not None:
            assert len(self.world.created) == self.created_at_end

    def teardown(self) -> None:
        """With caches in step and pods that succeed, the TrainJob ends; then time takes away what it may, no more."""
        self.world.change(suspend=False, active_deadline_seconds=None)
        for _ in range(QUIESCENT_AFTER):
            self.all_goes_well()
            self.world.pass_time(1)
        assert is_finished(self.world.job)
        if self.world.is_deleted:
            return
        before = len(self.world.created)
        asked_for = self.time_to_live(self.world.job)
        self.world.pass_time(LONGER_THAN_ANY if asked_for is None else asked_for)
        self.work_with_caches_in_step()
        assert self.world.is_deleted is (asked_for is not None)
        if self.world.is_deleted:
            return
        for _ in range(3):
            plan = reconcile(self.world.observe(self.world.view()))
            assert plan.actions == ()
            assert plan.status is None
            assert plan.requeue_after is None
            self.world.pass_time(3600)
        assert len(self.world.created) == before
        if self.world.runtime.spec.template.spec.ttl_seconds_after_finished is not None:
            assert self.world.jobs == {}
            assert self.world.children == {}

    def work_with_caches_in_step(self) -> None:
        self.cache = self.world.view()
        self.work(None)

    def time_to_live(self, job: TrainJob) -> int | None:
        """Give how long the TrainJob is to be kept, or None for ever."""
        own, policy = job.spec.ttl_seconds_after_finished, self.world.runtime.spec.run_policy
        return own if own is not None or policy is None else policy.ttl_seconds_after_finished


TrainJobLife.TestCase.settings = settings(
    max_examples=200, stateful_step_count=30, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
TestTrainJobLife = TrainJobLife.TestCase
