from trainjob_torchtune.preflight.guard import run_guarded

SIZES: dict[str, int] = {}


def test_an_answer_is_passed_on() -> None:
    said: list[str] = []

    assert run_guarded(lambda: 7, "of sevens", said.append) == 7
    assert said == []


def test_what_a_check_did_not_foresee_is_no_reason_not_to_train() -> None:
    said: list[str] = []

    assert run_guarded(lambda: SIZES["no\nsuch key"], "of the data", said.append) is None
    assert said == [
        r"Warning: The check of the data failed itself (KeyError: 'no\nsuch key') and was left out; the run goes on."
    ]


def test_a_long_reason_is_cut() -> None:
    said: list[str] = []

    assert run_guarded(lambda: int("x" * 5000), "of numbers", said.append) is None
    assert len(said[0]) < 400
