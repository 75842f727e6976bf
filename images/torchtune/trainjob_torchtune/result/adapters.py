"""A result that loads as what it is: the whole model from `epoch_N`, the adapter alone from `epoch_N/adapter`.

TorchTune writes a LoRA result's merged weights and, for peft, the adapter into one folder. From that transformers takes
the weights and, where peft is installed, adds the adapter to them once more. So peft's files get a folder of their own;
TorchTune's adapter_model.pt stays, because resuming looks for it there (torchtune/training/checkpointing/_utils.py).
On the way, what TorchTune 0.6.1 gets wrong in them is mended (torchtune/models/convert_weights.py):

* it does not say what kind of model it is for, without which peft does not load the base by itself;
* it does not say that an adapter is DoRA's, so that peft leaves the magnitudes out;
* the magnitudes of queries and keys keep TorchTune's order of rows, where everything else gets that of Hugging Face;
* queries and keys of Qwen2 have Hugging Face's order in TorchTune, too, and are reordered all the same.

A configuration without weights is that of the model which was trained on: TorchTune copies all small files of it.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from trainjob_torchtune.result.heads import from_hugging_face, to_hugging_face
from trainjob_torchtune.result.tensors import Tensors, read_tensors

_FOLDER = "adapter"
_CONFIG = "adapter_config.json"
_WEIGHTS = ("adapter_model.safetensors", "adapter_model.bin")
_MAGNITUDE = ".lora_magnitude_vector"
_B = ".lora_B.weight"
_HEADS = {"q_proj": "num_attention_heads", "k_proj": "num_key_value_heads"}
_QWEN2 = "qwen2"
# All recipes that train adapters train language models.
_KIND = {"task_type": "CAUSAL_LM"}


def arrange_adapters(output: Path) -> str | None:
    """Give the adapter of every epoch its folder, unless it has it; return a sentence if that cannot be done.

    The old files go last: an arrangement that was cut off is made again from them.
    """
    try:
        for config in output.glob(f"epoch_*/{_CONFIG}"):
            weights = [path for name in _WEIGHTS if (path := config.parent / name).is_file()]
            for path in weights:
                _arrange(config, path)
                path.unlink()
            config.unlink()
        for copied in output.glob(f"epoch_*/{_FOLDER}/{_CONFIG}"):
            if not any((copied.parent / name).exists() for name in _WEIGHTS):
                copied.unlink()
                copied.parent.rmdir()
    except (OSError, ValueError, KeyError, TypeError) as error:
        return (
            f"The adapters in {output} could not be put into folders of their own ({error!r}): where peft is "
            f"installed, transformers adds them to the merged weights once more, unless {_CONFIG} is moved away."
        )
    return None


def _arrange(config: Path, weights: Path) -> None:
    folder = config.parent / _FOLDER
    folder.mkdir(exist_ok=True)
    data, described = weights.read_bytes(), {**_KIND, **json.loads(config.read_bytes())}
    if weights.suffix == ".safetensors":
        tensors = read_tensors(data)
        data = _mended(tensors, json.loads((config.parent / "config.json").read_bytes())).data
        if any(name.endswith(_MAGNITUDE) for name in tensors.names):
            described["use_dora"] = True
    (folder / weights.name).write_bytes(data)
    (folder / _CONFIG).write_text(json.dumps(described, indent=2) + "\n", encoding="utf-8")


def _mended(tensors: Tensors, model: Mapping[str, Any]) -> Tensors:
    is_qwen2 = model.get("model_type") == _QWEN2
    reorder, suffix = (from_hugging_face, _B) if is_qwen2 else (to_hugging_face, _MAGNITUDE)
    for name in tensors.names:
        heads = _HEADS.get(name.removesuffix(suffix).rpartition(".")[2])
        if name.endswith(suffix) and heads is not None:
            tensors = tensors.with_rows(name, reorder(tensors.rows(name), int(model[heads])))
    return tensors
