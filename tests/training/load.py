"""Load results by transformers and peft: `load BASE RESULT [BASE RESULT ...]` prints JSON, a report for each pair.

A result is a folder of a whole model; where adapters were trained, `adapter` in it holds what makes that of the base.
"""

import json
import sys
from pathlib import Path
from typing import Any

import torch
from peft import AutoPeftModelForCausalLM, PeftConfig, PeftModel  # type: ignore[import-not-found]  # in the models' environment only
from transformers import AutoModelForCausalLM

# peft refuses the torchao of the trainer's environment, which it has no need of here.
sys.modules["torchao"] = None  # type: ignore[assignment]  # as the import system says that there is no such module

TOKENS = torch.arange(64).reshape(1, -1)


def report(base: Path, result: Path) -> dict[str, Any]:
    """Return what loading complained of, how many tensors differ from the base's, and whether it computes numbers.

    `adapter_difference` is the largest one between the logits of the result, and those of the base with the adapter;
    `adapter_effect` that between those of the base without and with it.
    """
    before = AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32)
    model, info = AutoModelForCausalLM.from_pretrained(result, dtype=torch.float32, output_loading_info=True)
    weights, old = model.state_dict(), before.state_dict()
    changed = sum(not torch.equal(weights[name], old[name]) for name in old if name in weights)
    difference = effect = None
    with torch.no_grad():
        logits = model(TOKENS).logits
        if (result / "adapter").is_dir():
            plain = before(TOKENS).logits
            adapted = load_adapter(before, result / "adapter")(TOKENS).logits
            difference, effect = (float((adapted - other).abs().max()) for other in (logits, plain))
    return {
        "problems": [str(problem) for problems in info.values() for problem in problems],
        "changed": changed,
        "finite": bool(torch.isfinite(logits).all()),
        "adapter_difference": difference,
        "adapter_effect": effect,
    }


def load_adapter(base: Any, folder: Path) -> Any:  # noqa: ANN401 - peft ships no types here
    """Load an adapter with the base that it names, or else onto this one."""
    if PeftConfig.from_pretrained(folder).base_model_name_or_path:
        return AutoPeftModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    return PeftModel.from_pretrained(base, folder)


if __name__ == "__main__":
    bases, results = (map(Path, sys.argv[start::2]) for start in (1, 2))
    print(json.dumps([report(base, result) for base, result in zip(bases, results, strict=True)]))
