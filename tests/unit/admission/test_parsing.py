"""A command line is parsed once, however many rules and warnings are about it."""

import sys
from collections import Counter
from types import FrameType

import pytest
from tests.factories.objects import LLAMA, LORA, SDK, runtime_body
from tests.factories.requests import body, creation

from trainjob_contract.tune_run import parse_tune_run
from trainjob_operator.admission.review import validate
from trainjob_operator.api.runtime import parse_runtime

WHOLE = [*SDK, "full_finetune_single_device", "--config", "llama3_2/1B_full_single_device"]


@pytest.mark.parametrize(
    ("trainer", "most"),
    [
        pytest.param({"command": SDK, "args": [LORA, "epochs=2"]}, 2, id="tune run and two arguments"),
        pytest.param({"command": SDK, "args": [*WHOLE[2:], "epochs=2"]}, 2, id="a line of its own in arguments"),
        pytest.param({"command": [*WHOLE, "epochs=2"]}, 2, id="a line of its own in the command"),
        pytest.param({"args": ["epochs=2", "batch_size=4"]}, 2, id="arguments alone"),
        pytest.param({"args": [LORA]}, 2, id="arguments that choose another recipe"),
    ],
)
def test_no_command_line_is_parsed_twice(trainer: dict[str, object], most: int) -> None:
    request, runtime = creation(body(trainer=trainer)), parse_runtime(runtime_body(LLAMA))
    parsed: Counter[tuple[str, ...]] = Counter()

    def count(frame: FrameType, event: str, _: object) -> None:
        if event == "call" and frame.f_code is parse_tune_run.__code__:
            parsed[tuple(frame.f_locals["command"])] += 1

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        answer = validate(request, runtime)
    finally:
        sys.setprofile(before)

    assert answer.allowed, answer.errors
    assert parsed
    assert parsed.total() <= most
    assert set(parsed.values()) == {1}
