"""What `kubectl get` shows of a training, and that it stays true when the TrainJob waits or has ended."""

import pytest
from tests.world.life import INITIALIZERS, conditions, new_world, run, work
from tests.world.world import World

from trainjob_operator.api.conditions import Condition, ConditionType
from trainjob_operator.api.progress import Progress, ProgressStatus
from trainjob_operator.api.status import TrainerStatus, TrainJobStatus
from trainjob_operator.reconciler.life.progress import Motion, compose_summary, motion_by, settle

KNOWN = TrainerStatus(progress_percentage=38, estimated_remaining_seconds=785)
DAYS = TrainerStatus(progress_percentage=1, estimated_remaining_seconds=200_000)
TRAINING, SAVING, SETUP, DONE = (Progress(phase=phase) for phase in ("training", "saving", "setup", "done"))


@pytest.mark.parametrize(
    ("progress", "trainer", "going", "standing", "complete"),
    [
        pytest.param(TRAINING, KNOWN, "38% 0:13:05", "38%", "100%", id="it trains"),
        pytest.param(SAVING, KNOWN, "saving 38%", "38%", "100%", id="it saves"),
        pytest.param(SETUP, None, "setup", None, "100%", id="nothing is known but what it does"),
        pytest.param(SETUP, KNOWN, "setup 38%", "38%", "100%", id="it begins again"),
        pytest.param(DONE, TrainerStatus(progress_percentage=100), "100%", "100%", "100%", id="it is done"),
        pytest.param(TRAINING, TrainerStatus(progress_percentage=38), "38%", "38%", "100%", id="no time"),
        pytest.param(TRAINING, DAYS, "1% 55:33:20", "1%", "100%", id="more than a day"),
        pytest.param(None, KNOWN, "38% 0:13:05", "38%", "100%", id="Kubeflow's callback"),
        pytest.param(None, TrainerStatus(), None, None, "100%", id="a callback that tells of metrics alone"),
        pytest.param(None, None, None, None, None, id="nobody reports"),
    ],
)
def test_the_summary(
    progress: Progress | None,
    trainer: TrainerStatus | None,
    going: str | None,
    standing: str | None,
    complete: str | None,
) -> None:
    motions = (Motion.GOES_ON, Motion.STANDS, Motion.COMPLETE)

    assert [compose_summary(progress, trainer, motion) for motion in motions] == [going, standing, complete]


@pytest.mark.parametrize(
    ("conditions", "motion"),
    [
        ({}, Motion.GOES_ON),
        ({"Stalled": "True"}, Motion.GOES_ON),
        ({"Suspended": "True"}, Motion.STANDS),
        ({"Suspended": "False"}, Motion.GOES_ON),
        ({"Stalled": "True", "Failed": "True"}, Motion.STANDS),
        ({"Complete": "True"}, Motion.COMPLETE),
    ],
    ids=str,
)
def test_what_goes_on(conditions: dict[ConditionType, str], motion: Motion) -> None:
    given = [Condition.model_validate({"type": t, "status": s, "reason": "R"}) for t, s in conditions.items()]

    assert motion_by(given) is motion


def test_what_goes_on_is_left_as_it_was_reported() -> None:
    reported = ProgressStatus(summary="whatever", phase="training")

    assert settle(reported, KNOWN, Motion.GOES_ON) is reported


def reporting(world: World) -> World:
    """Have the trainer run and report."""
    work(world)
    status = world.job.status or TrainJobStatus()
    progress = ProgressStatus(summary="38% 0:13:05", phase="training", step=38)
    world.job = world.job.model_copy(
        update={"status": status.model_copy(update={"trainer_status": KNOWN, "progress": progress})}
    )
    return world


def progress(world: World) -> ProgressStatus | None:
    return world.job.status.progress if world.job.status is not None else None


def test_a_training_that_goes_on_keeps_its_summary() -> None:
    world = reporting(new_world())

    work(world)

    assert progress(world) == ProgressStatus(summary="38% 0:13:05", phase="training", step=38)


def test_a_suspended_one_shows_no_time() -> None:
    world = reporting(new_world())
    world.change(suspend=True)

    work(world)

    assert progress(world) == ProgressStatus(summary="38%", phase="training", step=38)


@pytest.mark.parametrize(("succeed", "shown"), [(True, "100%"), (False, "38%")], ids=["Complete", "Failed"])
def test_one_that_has_ended_shows_how_far_it_came(*, succeed: bool, shown: str) -> None:
    world = new_world()
    work(world)
    run(world, *INITIALIZERS)
    reporting(world)
    run(world, "demo-node-0", succeed=succeed)

    for _ in range(2):  # what fails waits for evidence of why
        work(world)
        world.pass_time(10)

    assert progress(world) == ProgressStatus(summary=shown, phase="training", step=38)


def test_one_that_has_ended_and_never_reported_shows_nothing() -> None:
    world = new_world()
    work(world)
    run(world, *INITIALIZERS)
    work(world)
    run(world, "demo-node-0")
    work(world)

    assert conditions(world)[-1][0] == "Complete"
    assert progress(world) is None
