"""TorchTune takes what the operator chooses: all that it ships, and every choice of model, method and devices."""

import json
import subprocess
from itertools import product
from pathlib import Path
from typing import Any

from tests.devcluster import torch_environment
from tests.devcluster.cache import ROOT

from trainjob_operator.torchtune.catalogue import RECIPES, stem_of
from trainjob_operator.torchtune.methods import Method
from trainjob_operator.torchtune.selection import Selection, select

# Listed by TorchTune 0.6.1 without a file.
ABSENT = "llama2/7B_full_early_exit"
PAIRS = [
    Selection(recipe.name, config)
    for recipe in RECIPES.values()
    for config in sorted(recipe.configs)
    if config != ABSENT
]
STEMS = sorted({stem for pair in PAIRS if (stem := stem_of(pair.config)) is not None})
CHOICES = {
    choice
    for stem, method, nodes, single in product(STEMS, Method, (1, 2), (True, False))
    if isinstance(choice := select(stem, method, nodes=nodes, is_single_device=single), Selection)
}


def answers_to(selections: list[Selection]) -> dict[str, str]:
    """Ask TorchTune; what it takes is not in the answer."""
    said = zip(selections, ask("accept.py", selections), strict=True)
    return {f"{one.recipe} {one.config} {' '.join(one.overrides)}": text for one, text in said if text}


def ask(script: str, selections: list[Selection]) -> list[Any]:
    """Run a script of this folder where TorchTune is; it answers each selection."""
    python = torch_environment.ensure() / "bin" / "python"
    asked = [{"recipe": one.recipe, "config": one.config, "overrides": one.overrides} for one in selections]
    done = subprocess.run(
        [python, Path(__file__).with_name(script)],
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        check=True,
        env={"PATH": "/usr/bin:/bin", "HF_HUB_OFFLINE": "1", "PYTHONPATH": str(ROOT)},
    )
    answers: list[Any] = json.loads(done.stdout.splitlines()[-1])
    return answers


def test_torchtune_takes_what_it_ships_and_what_is_chosen() -> None:
    assert (len(PAIRS), len(STEMS)) == (155, 34)

    assert answers_to([*PAIRS, *sorted(CHOICES, key=str)]) == {}


def test_it_would_tell() -> None:
    wrong = [
        Selection("lora_finetune_distributed", "llama3_2/1B_full", ()),
        Selection("full_finetune_distributed", "llama3_2/1B_full", ("model.lora_rank=8",)),
        Selection("full_finetune_distributed", "llama3_2/1B_full", ("model=torchtune.models.llama3_2.nothing",)),
    ]

    assert len(answers_to(wrong)) == len(wrong)
