"""Greedy answers by transformers, with no system turn, as TorchTune trained: `greedy MODEL_FOLDER QUESTION...`."""

import json
import sys
from pathlib import Path

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

_LONGEST = 64


def answer(model: Path, questions: list[str]) -> list[str]:
    """Return an answer to each question, of 64 tokens at most."""
    tokenizer = AutoTokenizer.from_pretrained(model, padding_side="left")
    network = AutoModelForCausalLM.from_pretrained(model, dtype=torch.float32)
    end = tokenizer.convert_tokens_to_ids("<|im_end|>")
    prompts = [f"<|im_start|>user\n{question}<|im_end|>\n<|im_start|>assistant\n" for question in questions]
    tokens = tokenizer(prompts, return_tensors="pt", padding=True)
    out = network.generate(**tokens, do_sample=False, max_new_tokens=_LONGEST, eos_token_id=end, pad_token_id=end)
    said = tokenizer.batch_decode(out[:, tokens["input_ids"].shape[1] :], skip_special_tokens=True)
    return [text.strip() for text in said]


if __name__ == "__main__":
    print(json.dumps(answer(Path(sys.argv[1]), sys.argv[2:])))
