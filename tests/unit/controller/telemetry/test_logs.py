import logging

import pytest

from trainjob_operator.controller.telemetry.logs import JsonFormatter, TextFormatter, about

FORGED = (
    "batch_size=x\n2026-11-24T12:00:00.000Z ERROR   [kube-system/payroll] leading as attacker\x1b[31m\u2028\u202e\x9b"
)


def record(message: str) -> logging.LogRecord:
    return logging.LogRecord("x", logging.WARNING, "x.py", 1, "denied: %s", (message,), None)


def test_a_record_is_one_line_whatever_is_in_it() -> None:
    with about("team/\nj"):
        text = TextFormatter().format(record(FORGED))

    assert len(text.splitlines()) == 1
    assert text.isprintable()
    assert text.endswith(r"leading as attacker\x1b[31m\u2028\u202e\x9b")


def test_a_traceback_cannot_pass_for_a_record() -> None:
    with pytest.raises(ValueError, match="invalid literal") as raised:
        int(FORGED)
    error = raised.value
    error.add_note(FORGED)
    found = logging.LogRecord("x", logging.ERROR, "x.py", 1, "unexpected", None, (ValueError, error, None))

    first, *rest = TextFormatter().format(found).splitlines()

    assert first.endswith("ERROR   unexpected")
    assert rest
    assert all(line.startswith("    ") and line.isprintable() for line in rest)


@pytest.mark.parametrize("text", ["plain", "Überraschung 日本語 🚀", "a 'quoted' \\ \"word\"", "a\u200cb\u00a0c"])
def test_other_words_stay_as_they_are(text: str) -> None:
    assert TextFormatter().format(record(text)).endswith(f"denied: {text}")
    assert "\\n" not in JsonFormatter().format(record(text))
