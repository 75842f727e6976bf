"""What servers read beside the weights: configuration, tokenizer, chat template, generation's defaults.

TorchTune copies a model's small files into each epoch that it writes (torchtune/training/checkpointing/_utils.py,
copy_files), but over none that is there: where an earlier run has left its result, perhaps of another model, the
weights are the new ones and all else is the old. So the files are compared once more.
"""

import shutil
from collections.abc import Iterator
from contextlib import suppress
from filecmp import cmp
from pathlib import Path

from trainjob_torchtune.run.training import WEIGHTS, Training

Weights = frozenset[tuple[Path, int]]

_INDEXES = (".index.json",)
# peft's, of the adapter that this run has trained.
_ADAPTER = "adapter_config.json"
_LARGEST = 100 << 20
# Which a model may well do without, so that one that is left over speaks for another.
_TELLING = (
    *("chat_template.jinja", "chat_template.json", "generation_config.json"),
    *("added_tokens.json", "special_tokens_map.json", "tokenizer_config.json"),
    *("tokenizer.json", "tokenizer.model", "vocab.json", "merges.txt"),
)


def list_weights(training: Training | None) -> Weights:
    """Return what weights a run's output has, and when they were written by the clock of their file system."""
    if training is None or training.output is None:
        return frozenset()
    found = set()
    for path in training.output.glob("epoch_*/*"):
        with suppress(OSError):  # another run's, of another user
            if path.suffix in WEIGHTS:
                found.add((path, path.stat().st_mtime_ns))
    return frozenset(found)


def refresh_companions(training: Training | None, before: Weights) -> tuple[str, ...]:
    """Make what lies beside the weights that this run has written its model's; return what is to be warned of."""
    checkpointers = training.checkpointers if training is not None else ()
    checkpointer = next((one for one in checkpointers if one.key == "checkpointer"), None)
    if checkpointer is None:
        return ()
    model = checkpointer.folder
    epochs = sorted({path.parent for path, _ in list_weights(training) - before})
    sentences = []
    for epoch in epochs:
        try:
            for path in _companions(model):
                copy = epoch / path.relative_to(model)
                if copy.is_file() and not cmp(path, copy, shallow=False):
                    shutil.copy2(path, copy)
            left = [name for name in _TELLING if (epoch / name).is_file() and not (model / name).is_file()]
        except OSError as error:
            sentences.append(
                f"The files beside the weights in {epoch} could not be compared with those of the model ({error}): an "
                "earlier run may have left others there."
            )
            continue
        if left:
            sentences.append(
                f"{epoch} holds {', '.join(left)}, which the model in {model} has not: left by an earlier run, it is "
                "not for these weights. Remove it before the result is served."
            )
    return tuple(sentences)


def _companions(model: Path) -> Iterator[Path]:
    """Find what TorchTune copies: no weights and their index, nothing hidden, nothing large."""
    for path in model.rglob("*"):
        is_hidden = any(part.startswith(".") for part in path.relative_to(model).parts)
        is_other = path.name.endswith((*WEIGHTS, *_INDEXES)) or path.name == _ADAPTER
        if not is_hidden and not is_other and path.is_file() and path.stat().st_size <= _LARGEST:
            yield path
