"""Load data sets that the launcher has found, with TorchTune's own builders: `load_data < JSON` prints what came out.

In: a list of {downloads, files, overrides}, files being rows by their paths, which are made first. Out: a list of
{sentence, rows, first}, the first row being what is trained on.
Runs in torch's environment, with the launcher's package on PYTHONPATH.
"""

import csv
import json
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from omegaconf import OmegaConf
from torchtune import config
from torchtune.modules.transforms.tokenizers import ModelTokenizer

from trainjob_contract.tune_run import TuneRun
from trainjob_torchtune.data.downloaded import PreparedRun, use_download
from trainjob_torchtune.run.catalogue import load_catalogue
from trainjob_torchtune.run.config import load_config
from trainjob_torchtune.violation import Violation

RECIPE, CONFIG = "full_finetune_single_device", "llama3_2/1B_full_single_device"


class Characters(ModelTokenizer):  # type: ignore[misc] # torchtune has no types here
    """A tokenizer whose tokens are characters; a message ends with its line."""

    def encode(self, text: str, **_: object) -> list[int]:
        return [ord(character) for character in text]

    def __call__(self, sample: dict[str, Any], **_: object) -> dict[str, Any]:
        tokens = self.encode("\n".join(message.text_content for message in sample.pop("messages")))
        return {"tokens": tokens, "mask": [False] * len(tokens)}


def write(path: Path, rows: list[dict[str, Any]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    match path.suffix:
        case ".parquet":
            pq.write_table(pa.Table.from_pylist(rows), path)
        case ".csv":
            with path.open("w", newline="") as file:
                writer = csv.DictWriter(file, list(rows[0]))
                writer.writeheader()
                writer.writerows(rows)
        case ".jsonl":
            path.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
        case _:
            path.write_text(json.dumps(rows))


def load(downloads: Path, overrides: list[str]) -> dict[str, Any]:
    path = load_catalogue().find_config(CONFIG, RECIPE)
    if path is None:
        raise FileNotFoundError(CONFIG)
    run = TuneRun((), RECIPE, CONFIG, tuple(overrides))
    cfg = load_config(path, run.overrides)
    prepared = None if isinstance(cfg, Violation) else use_download(run, cfg["dataset"], downloads, is_shipped=True)
    if not isinstance(prepared, PreparedRun):
        return {"sentence": str(prepared or cfg)}
    merged = load_config(path, prepared.run.overrides)
    if isinstance(merged, Violation):
        return {"sentence": merged.message}
    rows = config.instantiate(OmegaConf.create(merged)["dataset"], Characters())
    return {"sentence": prepared.sentence, "rows": len(rows), "first": "".join(map(chr, rows[0]["tokens"])).split("\n")}


if __name__ == "__main__":
    answers = []
    for case in json.load(sys.stdin):
        for name, content in case["files"].items():
            write(Path(case["downloads"], name), content)
        answers.append(load(Path(case["downloads"]), case["overrides"]))
    print(json.dumps(answers))
