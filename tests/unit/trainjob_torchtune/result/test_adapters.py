import json
from pathlib import Path
from typing import Any

import pytest

from trainjob_torchtune.result.adapters import arrange_adapters
from trainjob_torchtune.result.heads import from_hugging_face, to_hugging_face
from trainjob_torchtune.result.tensors import read_tensors

LLAMA = {"model_type": "llama", "num_attention_heads": 2, "num_key_value_heads": 1}
QWEN2 = LLAMA | {"model_type": "qwen2"}
LAYER = "base_model.model.model.layers.0.self_attn"
# Two heads of four rows, one byte each: in TorchTune's order, and in Hugging Face's.
PAIRS, HALVES = bytes(range(8)), bytes([0, 2, 1, 3, 4, 6, 5, 7])


def safetensors(**tensors: bytes) -> bytes:
    """Write one-dimensional tensors of bytes."""
    header: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    for name, data in tensors.items():
        begin = sum(len(one) for one in list(tensors.values())[: len(header) - 1])
        header[f"{LAYER}.{name}"] = {"dtype": "U8", "shape": [len(data)], "data_offsets": [begin, begin + len(data)]}
    text = json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + b"".join(tensors.values())


def epoch(output: Path, number: int, weights: bytes | None, model: dict[str, Any] = LLAMA) -> Path:
    """Make a folder as TorchTune leaves it."""
    folder = output / f"epoch_{number}"
    folder.mkdir(parents=True)
    for name, content in (("config.json", model), ("adapter_config.json", {"r": 8})):
        (folder / name).write_text(json.dumps(content))
    (folder / "adapter_model.pt").touch()
    if weights is not None:
        (folder / "adapter_model.safetensors").write_bytes(weights)
    return folder


def files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize("heads", [1, 2])
def test_rows_go_to_and_fro(heads: int) -> None:
    rows = [bytes([number]) for number in range(8)]

    assert from_hugging_face(to_hugging_face(rows, heads), heads) == rows
    assert b"".join(to_hugging_face(rows, 2)) == HALVES


def test_every_epochs_adapter_gets_a_folder_and_resuming_finds_its_own_file(tmp_path: Path) -> None:
    folders = [epoch(tmp_path, number, safetensors(a=b"1")) for number in (0, 1)]

    for _ in range(2):
        assert arrange_adapters(tmp_path) is None
        for folder in folders:
            assert files(folder) == [
                "adapter/adapter_config.json",
                "adapter/adapter_model.safetensors",
                "adapter_model.pt",
                "config.json",
            ]
            described = json.loads((folder / "adapter" / "adapter_config.json").read_text())
            assert described == {"task_type": "CAUSAL_LM", "r": 8}


@pytest.mark.parametrize(
    ("model", "given", "wanted"),
    [
        pytest.param(LLAMA, {"q_proj.lora_B.weight": HALVES}, {"q_proj.lora_B.weight": HALVES}, id="llama-lora"),
        pytest.param(QWEN2, {"q_proj.lora_B.weight": HALVES}, {"q_proj.lora_B.weight": PAIRS}, id="qwen2-lora"),
        pytest.param(QWEN2, {"k_proj.lora_B.weight": b"0213"}, {"k_proj.lora_B.weight": b"0123"}, id="qwen2-keys"),
        pytest.param(QWEN2, {"v_proj.lora_B.weight": PAIRS}, {"v_proj.lora_B.weight": PAIRS}, id="qwen2-values"),
        pytest.param(
            LLAMA,
            {"q_proj.lora_A.weight": PAIRS, "q_proj.lora_magnitude_vector": PAIRS},
            {"q_proj.lora_A.weight": PAIRS, "q_proj.lora_magnitude_vector": HALVES},
            id="llama-dora",
        ),
        pytest.param(
            QWEN2, {"q_proj.lora_magnitude_vector": PAIRS}, {"q_proj.lora_magnitude_vector": PAIRS}, id="qwen2-dora"
        ),
    ],
)
def test_rows_get_the_order_of_the_models_own(
    tmp_path: Path, model: dict[str, Any], given: dict[str, bytes], wanted: dict[str, bytes]
) -> None:
    folder = epoch(tmp_path, 0, safetensors(**given), model)

    assert arrange_adapters(tmp_path) is None

    tensors = read_tensors((folder / "adapter" / "adapter_model.safetensors").read_bytes())
    assert tensors.data == safetensors(**wanted)
    assert {name.removeprefix(f"{LAYER}."): b"".join(tensors.rows(name)) for name in tensors.names} == wanted
    config = json.loads((folder / "adapter" / "adapter_config.json").read_text())
    assert config.get("use_dora", False) == any("magnitude" in name for name in given)


def test_an_arrangement_that_was_cut_off_is_made_again(tmp_path: Path) -> None:
    folder = epoch(tmp_path, 0, safetensors(a=b"1"))
    (folder / "adapter").mkdir()
    (folder / "adapter" / "adapter_model.safetensors").write_bytes(b"half")

    assert arrange_adapters(tmp_path) is None

    assert (folder / "adapter" / "adapter_model.safetensors").read_bytes() == safetensors(a=b"1")


def test_a_configuration_that_was_copied_with_the_model_goes(tmp_path: Path) -> None:
    folder = epoch(tmp_path, 0, None)
    (folder / "adapter").mkdir()
    (folder / "adapter" / "adapter_config.json").touch()

    assert arrange_adapters(tmp_path) is None

    assert files(folder) == ["adapter_model.pt", "config.json"]


def test_pickled_weights_are_moved_as_they_are(tmp_path: Path) -> None:
    folder = epoch(tmp_path, 0, None)
    (folder / "adapter_model.bin").write_bytes(b"pickled")

    assert arrange_adapters(tmp_path) is None

    assert (folder / "adapter" / "adapter_model.bin").read_bytes() == b"pickled"
    assert not (folder / "adapter_model.bin").exists()


def test_what_cannot_be_arranged_is_told_and_left_as_it_is(tmp_path: Path) -> None:
    folder = epoch(tmp_path, 0, b"no safetensors")
    before = files(folder)

    assert "could not be put into folders of their own (" in (arrange_adapters(tmp_path) or "")
    assert files(folder) == before
