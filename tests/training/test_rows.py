"""All rows are looked at: what TorchTune fails on is refused before, with the row; what it takes is not."""

import json
import os
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from tests.devcluster import torch_environment
from tests.devcluster.cache import ROOT
from tests.training.container import PACKAGE

BUILDERS = "torchtune.datasets"
PAIR = {"input": "question", "output": "answer"}
USER, ANSWER = {"role": "user", "content": "Hi."}, {"role": "assistant", "content": "Hello."}
SYSTEM, TOOL = {"role": "system", "content": "Be kind."}, {"role": "tool", "content": "4"}
CALL = {"role": "assistant", "content": "", "tool_calls": [{"function": {"name": "add", "arguments": "{}"}}]}
PARTS = {"role": "user", "content": [{"type": "text", "text": "Hi."}]}
HUMAN, GPT = {"from": "human", "value": "Hi."}, {"from": "gpt", "value": "Hello."}
OPENAI = {"conversation_column": "messages", "conversation_style": "openai"}
SHAREGPT = {"conversation_column": "messages", "conversation_style": "sharegpt"}


@dataclass(frozen=True)
class Case:
    """Rows, or the bytes of a file, and how they are read; `sentence` is a part of the refusal or the advice."""

    rows: list[Any] | bytes
    sentence: str | None = None
    builder: str = "instruct_dataset"
    options: dict[str, Any] = field(default_factory=dict)
    limit: int | None = None

    @property
    def text(self) -> bytes:
        if isinstance(self.rows, bytes):
            return self.rows
        return "".join(f"{json.dumps(row)}\n" for row in self.rows).encode()


def chat(*turns: Any, good: int = 2, style: dict[str, Any] = OPENAI, **more: Any) -> Case:  # noqa: ANN401
    """Some good conversations, and one of these turns."""
    first = [HUMAN, GPT] if style is SHAREGPT else [USER, ANSWER]
    rows = [*({"messages": first} for _ in range(good)), {"messages": list(turns)}]
    sentence = more.pop("sentence", None)
    return Case(rows, sentence, "chat_dataset", {**style, **more})


REFUSED = {
    "a null answer in row 4": Case([PAIR] * 3 + [{"input": "a", "output": None}], "Row 4 of the data set"),
    "a column of nulls": Case(
        [{"input": "a", "output": None}] * 3, "its column output is null (3 such values in 3 rows)"
    ),
    "a key that is missing from row 6": Case([PAIR] * 5 + [{"input": "a"}], "Row 6 of the data set"),
    "a number among texts": Case([PAIR] * 3 + [{"input": "a", "output": 5}], "Row 4 of the data set"),
    "numbers": Case([{"input": "a", "output": 5}], "holds '5' (int), which is no text"),
    "null cells of CSV": Case(b"input,output\na,b\na,\n", "dataset.keep_default_na=False", options={"source": "csv"}),
    "semicolons between cells": Case(
        b"input;output\na;b\n", 'commas: give dataset.sep=";".', options={"source": "csv"}
    ),
    "tabulators between cells": Case(
        b"input\toutput\na\tb\n", 'commas: give dataset.sep="\\t".', options={"source": "csv"}
    ),
    "alpaca without an answer": Case(
        [{"instruction": "a", "input": "", "output": "b"}, {"instruction": "a", "output": None}],
        "Row 2 of the data set",
        "alpaca_dataset",
    ),
    "text that is null": Case([{"text": "a"}, {"text": None}], "Row 2 of the data set", "text_completion_dataset"),
    "an empty conversation": chat(
        sentence="Row 3 of the data set cannot be trained on: its conversation has 0 turn(s)"
    ),
    "one turn": chat(USER, sentence="its conversation has 1 turn(s)"),
    "two turns of the user": chat(USER, USER, ANSWER, sentence="turns 1 and 2 of its conversation are both the user's"),
    "two assistants in a row": chat(USER, ANSWER, ANSWER, sentence="turn 3 of its conversation is the assistant's"),
    "the assistant first": chat(ANSWER, USER, sentence="turn 1 of its conversation is the assistant's"),
    "a late system turn": chat(USER, SYSTEM, ANSWER, sentence="turn 2 of its conversation is the system's"),
    "no content beside tool calls": chat({**CALL, "content": None}, USER, sentence="has no content (null)"),
    "an assistant after a tool": chat(
        USER, CALL, TOOL, ANSWER, sentence="turn 4 of its conversation is the assistant's"
    ),
    "unknown speakers": chat(
        HUMAN,
        {"from": "bot", "value": "x"},
        style=SHAREGPT,
        sentence="turn 2 of its conversation is from somebody whom",
    ),
    "a preference without content": Case(
        [{"chosen": [USER, ANSWER], "rejected": [USER, {"role": "assistant", "content": None}]}],
        "turn 2 of its conversation has no content (null)",
        "preference_dataset",
    ),
    "wrapped rows": Case(json.dumps({"version": 1, "data": [PAIR, PAIR]}).encode(), "give dataset.field=data."),
    "lists as columns": Case(
        json.dumps({"input": ["a", "b"], "output": ["x", "y"]}).encode(),
        'write one object a row, as in {"input": "a", "output": "x"}.',
    ),
    "an empty file": Case(b"", "is empty (0 bytes): download it again"),
    "latin-1": Case(
        json.dumps(PAIR).encode() + b'\n{"input": "caf\xe9", "output": "b"}\n',
        "line 2 holds bytes that mean nothing in it; it is likely cp1252: give dataset.encoding=cp1252",
    ),
    "UTF-16": Case(json.dumps(PAIR).encode("utf-16"), "give dataset.encoding=utf-16"),
}
ACCEPTED = {
    "columns with nulls that are not read": Case([{**PAIR, "source": None}, {**PAIR, "source": "x"}]),
    "an empty answer": Case([PAIR, {"input": "a", "output": ""}]),
    "alpaca with an empty and a null input": Case(
        [{"instruction": "a", "input": "", "output": "b"}, {"instruction": "a", "input": None, "output": "b"}],
        builder="alpaca_dataset",
    ),
    "alpaca whose instructions are numbers": Case([{"instruction": 5, "output": "b"}], builder="alpaca_dataset"),
    "other columns": Case([{"q": "a", "a": "b"}], options={"column_map": {"input": "q", "output": "a"}}),
    "empty cells of CSV as texts": Case(
        b"input,output\na,b\na,\n", options={"source": "csv", "keep_default_na": False}
    ),
    "tab-separated": Case(b"input\toutput\na\tb\n", options={"source": "csv", "sep": "\t"}),
    "separated by semicolons": Case(b"input;output\na;b\n", options={"source": "csv", "sep": ";"}),
    "one column with a semicolon": Case(
        b"in;put\na\n", options={"source": "csv", "column_map": {"input": "in;put", "output": "in;put"}}
    ),
    "plain text": Case(b"One.\n\nTwo.\n", builder="text_completion_dataset", options={"source": "text"}),
    "a system turn": chat(SYSTEM, USER, ANSWER, USER, ANSWER),
    "a tool's turn at the end": chat(USER, CALL, TOOL),
    "a user after a tool": chat(USER, CALL, TOOL, USER, ANSWER),
    "an answer in parts": chat(PARTS, ANSWER),
    "only a user and an answer to the configuration's system prompt": chat(USER, ANSWER, new_system_prompt="Be kind."),
    "a late system turn that the configuration replaces": chat(USER, ANSWER, SYSTEM, new_system_prompt="Be kind."),
    "turns that fit both styles": chat({**HUMAN, **USER}, {**GPT, **ANSWER}, good=0, style=SHAREGPT),
    "a preference of one turn": Case([{"chosen": [ANSWER], "rejected": [ANSWER]}], builder="preference_dataset"),
    "wrapped rows that are asked for": Case(json.dumps({"data": [PAIR, PAIR]}).encode(), options={"field": "data"}),
    "latin-1 that is told": Case(b'{"input": "caf\xe9", "output": "b"}\n', options={"encoding": "latin-1"}),
    "one object that is a row": Case(json.dumps(PAIR).encode()),
    "a prompt of just fewer words": Case([{"input": "a b c", "output": "d"}], limit=4),
}
WARNED = {
    "some prompts fill the row": Case(
        [PAIR, {"input": "a b c d", "output": "d"}],
        "There is nothing to learn in 1 of the 2 rows: their prompts",
        limit=4,
    ),
    "some conversations have no answer": chat(USER, TOOL, sentence="nothing to learn in 1 of the 3 rows: no turn"),
    "a very long row": Case([PAIR, {"input": "a" * 300_000, "output": "b"}], "Row 2 of the data set has 300,000 char"),
}
# TorchTune would train on these, and learn nothing, or something else than is written there.
SILENT = {
    "no content after another": chat(
        USER, {**CALL, "content": None}, sentence="turn 2 of its conversation has no content"
    ),
    "prompts fill all rows": Case(
        [{"input": "a b c d", "output": "d"}], "nothing to learn in any of the 1 rows", limit=4
    ),
    "prompts of conversations fill all rows": Case(
        [{"messages": [SYSTEM, {"role": "user", "content": "a b c"}, ANSWER]}],
        "nothing to learn in any of the 1 rows: their prompts",
        "chat_dataset",
        OPENAI,
        5,
    ),
    "no assistant at all": chat(
        USER, {"role": "bot", "content": "x"}, good=0, sentence="nothing to learn in any of the 1 rows: no turn"
    ),
}
CASES = REFUSED | ACCEPTED | WARNED | SILENT


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """What launcher and TorchTune say in each case."""
    folder = tmp_path_factory.mktemp("rows")
    asked = [
        {
            "file": str(folder / f"{number}.data"),
            "text": case.text.hex(),
            "component": f"{BUILDERS}.{case.builder}",
            "options": case.options,
            "limit": case.limit,
        }
        for number, case in enumerate(CASES.values())
    ]
    done = subprocess.run(
        [torch_environment.ensure() / "bin" / "python", "-m", "tests.training.look_at_rows"],
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        check=False,
        env={
            "PATH": "/usr/bin:/bin",
            "HOME": str(folder),
            "HF_HUB_OFFLINE": "1",
            "PYTHONPATH": os.pathsep.join(map(str, (ROOT, PACKAGE, Path(ROOT, "operator")))),
        },
    )
    assert done.returncode == 0, done.stderr
    return dict(zip(CASES, json.loads(done.stdout.splitlines()[-1]), strict=True))


@pytest.mark.parametrize("name", REFUSED)
def test_what_torchtune_fails_on_is_refused(answers: dict[str, dict[str, Any]], name: str) -> None:
    answer, sentence = answers[name], REFUSED[name].sentence or ""

    assert answer["error"] is not None
    assert sentence in str(answer["refused"])
    assert len(answer["refused"]) < 1200


@pytest.mark.parametrize("name", ACCEPTED)
def test_what_torchtune_takes_is_taken(answers: dict[str, dict[str, Any]], name: str) -> None:
    answer = answers[name]

    assert (answer["error"], answer["refused"], answer["advice"]) == (None, None, [])


@pytest.mark.parametrize("name", WARNED)
def test_what_is_likely_a_mistake_is_warned_of(answers: dict[str, dict[str, Any]], name: str) -> None:
    answer = answers[name]

    assert (answer["error"], answer["refused"]) == (None, None)
    assert (WARNED[name].sentence or "") in answer["advice"][0]


@pytest.mark.parametrize("name", SILENT)
def test_what_torchtune_would_not_say(answers: dict[str, dict[str, Any]], name: str) -> None:
    answer = answers[name]

    assert answer["error"] is None
    assert (SILENT[name].sentence or "") in str(answer["refused"])
