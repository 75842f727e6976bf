"""What a model answers: `python -m tests.models.answers MODEL_FOLDER QUESTION...` prints JSON, a list of strings."""

import json
import sys
from pathlib import Path

from tests.models import environment


def ask(model: Path, questions: list[str]) -> list[str]:
    """Return the model's greedy answers; it takes ten to twenty seconds on two cores."""
    answers: list[str] = json.loads(environment.run_module("tests.models.greedy", model, *questions, with_torch=True))
    return answers


if __name__ == "__main__":
    print(json.dumps(ask(Path(sys.argv[1]), sys.argv[2:]), ensure_ascii=False, indent=1))
