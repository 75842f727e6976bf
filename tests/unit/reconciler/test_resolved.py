from trainjob_operator.api.conditions import Reason
from trainjob_operator.reconciler.resolved import Rejected
from trainjob_operator.reconciler.rules.violation import Violation


def violations(count: int) -> tuple[Violation, ...]:
    return tuple(Violation(Reason.INVALID_SPEC, f"spec.a[{at}]", "is wrong") for at in range(count))


def test_all_is_told_and_the_first_gives_the_reason() -> None:
    worst = Violation(Reason.NAME_TOO_LONG, "metadata.name", "is long")

    rejected = Rejected((worst, *violations(1)))

    assert rejected.reason is Reason.NAME_TOO_LONG
    assert rejected.message == "metadata.name: is long; spec.a[0]: is wrong"


def test_a_condition_tells_of_twenty_at_most() -> None:
    assert Rejected(violations(20)).message.endswith("spec.a[19]: is wrong")
    assert Rejected(violations(1000)).message.endswith("spec.a[19]: is wrong and 980 more")
