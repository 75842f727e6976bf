"""Load data sets that the launcher has found, with TorchTune's own builders: `load_data < JSON` prints what came out.

In: a list of {downloads, files, overrides}, files being rows by their paths, which are made first. Out: a list of
{sentence, rows, first}, the first row being what is trained on.
Runs in torch's environment, with the launcher's package on PYTHONPATH.
"""

import bz2
import csv
import gzip
import io
import json
import lzma
import sys
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pyarrow as pa
import pyarrow.parquet as pq
import zstandard
from omegaconf import OmegaConf
from torchtune import config
from torchtune.modules.transforms.tokenizers import ModelTokenizer

from trainjob_contract.tune_run import TuneRun
from trainjob_torchtune.data.downloaded import PreparedRun, use_download
from trainjob_torchtune.preflight.data.rows import look_at_rows
from trainjob_torchtune.run.catalogue import load_catalogue
from trainjob_torchtune.run.config import load_config
from trainjob_torchtune.run.training import parse_training
from trainjob_torchtune.violation import Violation

RECIPE, CONFIG = "full_finetune_single_device", "llama3_2/1B_full_single_device"


class Characters(ModelTokenizer):  # type: ignore[misc] # torchtune has no types here
    """A tokenizer whose tokens are characters; a message ends with its line."""

    max_seq_len = None

    def encode(self, text: str, **_: object) -> list[int]:
        return [ord(character) for character in text]

    def __call__(self, sample: dict[str, Any], **_: object) -> dict[str, Any]:
        tokens = self.encode("\n".join(message.text_content for message in sample.pop("messages")))
        return {"tokens": tokens, "mask": [False] * len(tokens)}


def encode(suffix: str, rows: list[dict[str, Any]]) -> bytes:
    match suffix.lower():
        case ".parquet":
            file = io.BytesIO()
            pq.write_table(pa.Table.from_pylist(rows), file)
            return file.getvalue()
        case ".csv" | ".tsv":
            table = io.StringIO()
            writer = csv.DictWriter(table, list(rows[0]), delimiter="\t" if suffix == ".tsv" else ",")
            writer.writeheader()
            writer.writerows(rows)
            return table.getvalue().encode()
        case ".jsonl" | ".ndjson":
            return "".join(f"{json.dumps(row)}\n" for row in rows).encode()
        case ".txt":
            return "".join(f"{row['text']}\n" for row in rows).encode()
        case ".json":
            return json.dumps(rows).encode()
    return b""


def zip_rows(name: str, rows: list[dict[str, Any]]) -> bytes:
    file = io.BytesIO()
    with ZipFile(file, "w") as archive:
        archive.writestr(name, encode(Path(name).suffix, rows))
        archive.writestr(f"__MACOSX/._{name}", b"\0")
    return file.getvalue()


COMPRESS = {".gz": gzip.compress, ".bz2": bz2.compress, ".xz": lzma.compress, ".zst": zstandard.compress}


def write(path: Path, rows: list[dict[str, Any]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".zip":
        content = zip_rows(path.stem, rows)
    elif path.suffix in COMPRESS:
        content = COMPRESS[path.suffix](encode(Path(path.stem).suffix, rows))
    else:
        content = encode(path.suffix, rows)
    path.write_bytes(content)


def load(downloads: Path, overrides: list[str]) -> dict[str, Any]:
    path = load_catalogue().find_config(CONFIG, RECIPE)
    if path is None:
        raise FileNotFoundError(CONFIG)
    run = TuneRun((), RECIPE, CONFIG, tuple(overrides))
    cfg = load_config(path, run.overrides)
    if isinstance(cfg, Violation):
        return {"sentence": cfg.message}
    prepared = use_download(run, cfg["dataset"], downloads, downloads.parent / "links", is_shipped=True)
    if not isinstance(prepared, PreparedRun):
        return {"sentence": str(prepared)}
    merged = load_config(path, prepared.run.overrides)
    if isinstance(merged, Violation):
        return {"sentence": merged.message}
    parsed = parse_training(RECIPE, merged)
    looked = look_at_rows(parsed.datasets[0], None, lambda *_: None) if not isinstance(parsed, Violation) else parsed
    if isinstance(looked, Violation):
        return {"sentence": looked.message}
    rows = config.instantiate(OmegaConf.create(merged)["dataset"], Characters())
    return {"sentence": prepared.sentence, "rows": len(rows), "first": "".join(map(chr, rows[0]["tokens"])).split("\n")}


if __name__ == "__main__":
    answers = []
    for case in json.load(sys.stdin):
        for name, content in case["files"].items():
            write(Path(case["downloads"], name), content)
        answers.append(load(Path(case["downloads"]), case["overrides"]))
    print(json.dumps(answers))
