import pytest

from trainjob_contract.recipes import WITHOUT_TRAINING, is_count, tell_of_model_folder
from trainjob_contract.tune_run import TuneRun
from trainjob_operator.torchtune.catalogue import RECIPES
from trainjob_operator.torchtune.methods import method_of


@pytest.mark.parametrize("recipe", sorted(WITHOUT_TRAINING))
def test_what_trains_nothing_is_torchtunes_and_has_no_method(recipe: str) -> None:
    assert recipe in RECIPES
    assert method_of(TuneRun((), recipe, "c", ())) is None


@pytest.mark.parametrize(
    ("value", "expected"),
    [(1, True), (10**12, True), (0, False), (-1, False), (True, False), (1.0, False), ("1", False)],
)
def test_counts(value: object, *, expected: bool) -> None:
    assert is_count(value) is expected


def test_a_result_inside_the_model() -> None:
    assert (
        tell_of_model_folder("checkpointer", "/m") == "inside checkpointer.checkpoint_dir=/m: name a folder outside it"
    )
