"""What the launcher says of rows, beside what becomes of them in TorchTune: `look_at_rows < JSON` prints both as JSON.

In: a list of {file, text, component, options, limit}; the text is written to the file first. Out: a list of
{refused, advice, rows, error}: the launcher's sentences, and what TorchTune's builder raises for any of the rows.
Runs in torch's environment, with the launcher's package on PYTHONPATH.
"""

import json
import sys
from pathlib import Path
from typing import Any

from tests.training.load_data import Characters
from torchtune.config._utils import _get_component_from_path

from trainjob_torchtune.preflight.data.rows import Rows, look_at_rows
from trainjob_torchtune.run.training import DatasetSource
from trainjob_torchtune.violation import Violation


class Strict(Characters):
    """Fails on what TorchTune's tokenizers fail on: parts that are no text."""

    def encode(self, text: str, **_: object) -> list[int]:
        return super().encode(text.strip())

    def tokenize_messages(self, messages: list[Any], **_: object) -> tuple[list[int], list[bool]]:
        tokens = self({"messages": messages})["tokens"]
        return tokens, [False] * len(tokens)


def answer(case: dict[str, Any]) -> dict[str, Any]:
    options = {"source": "json", "data_files": case["file"], **case["options"]}
    looked = look_at_rows(DatasetSource("dataset", case["component"], options), case["limit"], lambda *_: None)
    error, rows = None, 0
    try:
        data = _get_component_from_path(case["component"])(Strict(), **options)
        for rows in range(1, len(data) + 1):
            data[rows - 1]
    except Exception as raised:  # noqa: BLE001 - whatever ends the training
        error = f"{type(raised).__name__}: {raised}"
    return {
        "refused": looked.message if isinstance(looked, Violation) else None,
        "advice": list(looked.advice) if isinstance(looked, Rows) else [],
        "rows": rows,
        "error": error,
    }


if __name__ == "__main__":
    answers = []
    for case in json.load(sys.stdin):
        Path(case["file"]).write_bytes(bytes.fromhex(case["text"]))
        answers.append(answer(case))
    print(json.dumps(answers))
