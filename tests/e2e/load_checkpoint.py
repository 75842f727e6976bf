"""Load every weight of a fine-tuned SmolLM2-135M with TorchTune's checkpointer and model (argument: its folder)."""

import sys
import tempfile

from torchtune.models.llama3_2 import llama3_2
from torchtune.training import FullModelHFCheckpointer

checkpointer = FullModelHFCheckpointer(
    checkpoint_dir=sys.argv[1],
    checkpoint_files=["model-00001-of-00001.safetensors"],
    model_type="LLAMA3_2",
    output_dir=tempfile.mkdtemp(),
)
model = llama3_2(
    vocab_size=49152,
    num_layers=30,
    num_heads=9,
    num_kv_heads=3,
    embed_dim=576,
    intermediate_dim=1536,
    max_seq_len=2048,
    rope_base=100000,
    scale_factor=1,
)
model.load_state_dict(checkpointer.load_checkpoint()["model"])
