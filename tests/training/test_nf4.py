"""What can be quantized to 4 bits, both sides say before anything is downloaded: torchao itself is asked here."""

import json
import subprocess
from pathlib import Path

from tests.devcluster import torch_environment
from tests.training.container import tiny_container
from tests.training.refused import assert_refused

from trainjob_contract.nf4 import MULTIPLE

SHAPES = [(576, 576), (576, 192), (576, 1536), (896, 896), (896, 128), (256, 64), (128, 64), (64, 64), (100, 3)]


def test_it_is_what_torchao_holds() -> None:
    done = subprocess.run(
        [torch_environment.ensure() / "bin" / "python", Path(__file__).with_name("hold.py")],
        input=json.dumps(SHAPES),
        capture_output=True,
        text=True,
        check=True,
        env={"PATH": "/usr/bin:/bin"},
    )

    assert json.loads(done.stdout.splitlines()[-1]) == [rows * columns % MULTIPLE == 0 for rows, columns in SHAPES]


def test_the_launcher_says_so(tmp_path: Path) -> None:
    container = tiny_container(tmp_path)
    model = tmp_path / "model"
    model.mkdir()
    for path in container.model.iterdir():
        (model / path.name).symlink_to(path)
    (model / "config.json").unlink()
    config = json.loads((container.model / "config.json").read_text())
    config |= {"hidden_size": 192, "num_attention_heads": 3, "num_key_value_heads": 1}
    (model / "config.json").write_text(json.dumps(config))
    words = container.tiny(
        "lora_finetune_single_device",
        "llama3_2/1B_qlora_single_device",
        f"checkpointer.checkpoint_dir={model}",
        *("model.embed_dim=192", "model.num_heads=3", "model.num_kv_heads=1", "model.quantize_base=True"),
    )

    assert_refused(
        container,
        words,
        r"model=torchtune\.models\.llama3_2\.lora_llama3_2 cannot be quantized to 4 bits: q_proj has 192 x 192 "
        r"weights, which is no multiple of 16384: set model\.quantize_base=False for LoRA, .+\.",
    )
