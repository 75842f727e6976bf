"""Where eleuther_eval runs: in a folder with the GPT-2 that it would fetch from the Hub and never use.

TorchTune 0.6.1 makes lm_eval's model of `gpt2`, half a gigabyte, and then puts its own model and tokenizer in its place
(recipes/eleuther_eval.py, _LLMEvalWrapper). transformers takes a folder of that name before it asks the Hub, and the
smallest one is enough. One thing of it stays in use: the token that comes before a text which is scored as a whole. Of
GPT-2 that is one that means something else to other models, or nothing; here it is that of the model itself.
"""

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from trainjob_torchtune.run.training import Training

_CONFIG = {
    "model_type": "gpt2",
    "architectures": ["GPT2LMHeadModel"],
    "vocab_size": 1,
    "n_positions": 1,
    "n_embd": 1,
    "n_layer": 0,
    "n_head": 1,
}
_WEIGHTS = {
    name: {"dtype": "F32", "shape": shape, "data_offsets": [4 * at, 4 * at + 4]}
    for at, (name, shape) in enumerate(
        {"wte.weight": [1, 1], "wpe.weight": [1, 1], "ln_f.weight": [1], "ln_f.bias": [1]}.items()
    )
}
_FIRST = "<first>"


@contextlib.contextmanager
def working_folder(training: Training | None) -> Iterator[None]:
    """Work in a folder that also has all that this one and the folders of tasks have; for eleuther_eval alone.

    So relative paths lead where they led, and a task finds its data beside itself. Python imports from where it works:
    modules that lie among somebody's data are left out.
    """
    if training is None or training.evaluation is None:
        yield
        return
    with TemporaryDirectory(prefix="trainjob-") as name:
        folder = Path(name)
        _write(folder / "gpt2", _first_token(training))
        beside = (path for tasks in training.evaluation.folders for path in tasks.iterdir() if not _is_module(path))
        for path in (*Path.cwd().iterdir(), *beside):
            with contextlib.suppress(FileExistsError):
                (folder / path.name).symlink_to(path.absolute())
        with contextlib.chdir(folder):
            yield


def _is_module(path: Path) -> bool:
    return path.suffix in {".py", ".so"} or (path / "__init__.py").exists()


def _write(folder: Path, first: int) -> None:
    folder.mkdir()
    model = {"type": "WordLevel", "vocab": {_FIRST: first}, "unk_token": _FIRST}
    files = {
        "config.json": _CONFIG,
        "tokenizer.json": {"version": "1.0", "added_tokens": [], "model": model},
        "tokenizer_config.json": {
            "tokenizer_class": "PreTrainedTokenizerFast",
            "bos_token": _FIRST,
            "eos_token": _FIRST,
        },
    }
    for name, content in files.items():
        (folder / name).write_text(json.dumps(content), encoding="utf-8")
    header = json.dumps(
        {"__metadata__": {"format": "pt"}} | {f"transformer.{name}": one for name, one in _WEIGHTS.items()}
    )
    length = len(header).to_bytes(8, "little")
    (folder / "model.safetensors").write_bytes(length + header.encode() + bytes(4 * len(_WEIGHTS)))


def _first_token(training: Training) -> int:
    """Return what the model's own configuration says, if it is there: Qwen's, for one, has no token of that kind."""
    for checkpointer in training.checkpointers:
        try:
            config: Any = json.loads((checkpointer.folder / "config.json").read_bytes())
        except (OSError, ValueError):
            continue
        for key in ("bos_token_id", "eos_token_id"):
            match config.get(key) if isinstance(config, dict) else None:
                case int() as token:
                    return token
                case [int() as token, *_]:
                    return token
    return 0
