"""Recipes that train nothing run behind the launcher, on what others left."""

import pytest
import yaml
from tests.devcluster.cache import ROOT
from tests.training.conftest import Trained
from tests.training.container import Container
from tests.training.rendered import command_of

EXAMPLE = ROOT / "manifests" / "examples" / "generate.yaml"


RESULT = (
    "checkpointer.checkpoint_dir=/trained/output/epoch_1",
    "checkpointer.checkpoint_files=[model-00001-of-00001.safetensors]",
    "checkpointer.model_type=LLAMA3_2",
    "tokenizer=torchtune.models.llama3.llama3_tokenizer",
    "tokenizer.path=/trained/output/epoch_1/original/tokenizer.model",
)
COMMANDS = {
    "generate": command_of([yaml.safe_load(EXAMPLE.read_text())])[0],
    "generate_v2": ["run", "dev/generate_v2", "--config", "llama2/generation_v2", *RESULT, "prompt.user=How?"],
    "quantize": ["run", "quantize", "--config", "quantization", *RESULT, "output_dir=/trained/quantized"],
}


@pytest.mark.parametrize("name", COMMANDS)
def test_a_model_that_was_trained_is_used(container: Container, lora: Trained, name: str) -> None:
    """`generate` is the example, which asks what full fine-tuning left after one epoch."""
    trained = lora[0]
    (container.volume / "output").symlink_to(trained.output)
    fitted = [word for word in trained.tiny("full", "") if word.startswith(("model", "tokenizer.special", "dtype="))]

    outcome = container.run(
        [
            *(word.replace("/trained", str(container.volume)).replace("epoch_0", "epoch_1") for word in COMMANDS[name]),
            *fitted,
        ]
    )

    assert outcome.code == 0, "\n".join(outcome.lines)
    if name == "quantize":
        [small] = (container.volume / "quantized").iterdir()
        [whole] = trained.output.glob("epoch_1/*.safetensors")
        assert small.stat().st_size < whole.stat().st_size
    else:
        assert any(line.startswith("Time for inference") for line in outcome.lines)
