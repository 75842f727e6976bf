"""What is created, and what is asked before."""

from tests.world.life import look, new_world

from trainjob_operator.reconciler.reconcile import reconcile
from trainjob_operator.reconciler.state import Create


def test_what_vanishes_before_anything_was_recorded_is_confirmed() -> None:
    """The API server tells of children and of the TrainJob apart: when both are deleted, either may be heard first."""
    world = new_world()
    plan = reconcile(look(world))
    world.execute(plan, stop_after=len(plan.actions))
    for name in (*world.jobs, "demo"):
        world.delete_by_hand(name)

    creates = [action for action in reconcile(look(world)).actions if isinstance(action, Create)]

    assert world.job.status is None, "a plan that was not carried out to its end"
    assert [create.confirm for create in creates if create.name == "demo"] == [True]
