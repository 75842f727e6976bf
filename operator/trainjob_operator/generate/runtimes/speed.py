"""The settings of the faster runtimes: which models have one, and how large a step of the optimizer is.

TorchTune's configs are careful: nothing is compiled, and short examples are filled up to the longest of their batch.
With packed rows every token is one of the data, and a batch is as large as a row: there is nothing to accumulate, and
however few the rows are, they make a step.
"""

from trainjob_operator.torchtune.models import LanguageModel

ROW_TOKENS = {
    "llama3_1/8B": 2048,
    "llama3_2/1B": 4096,
    "llama3_2/3B": 4096,
    "mistral/7B": 2048,
    "qwen2_5/1.5B": 2048,
    "qwen2_5/7B": 2048,
}
"""Tokens of a row, which is what a GPU contributes to a step of the optimizer.

128 for each example that the plain runtime's config steps after on a GPU, a little more than one of Alpaca has: 32 of
them in Llama 3.2, 16 in Qwen2.5 7B. Never fewer than 2048, although the others step after 2 examples: a shorter row
would neither keep a GPU busy nor a conversation whole.
"""


def speed_overrides(model: LanguageModel) -> tuple[str, ...]:
    """Give what makes the training of a model faster."""
    return (
        "compile=True",
        "dataset.packed=True",
        f"tokenizer.max_seq_len={ROW_TOKENS[model.name]}",
        "batch_size=1",
        "gradient_accumulation_steps=1",
    )
