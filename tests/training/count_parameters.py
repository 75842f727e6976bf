"""Count models' parameters: `count_parameters < JSON` with a list of builders prints the list of numbers.

On the meta device, where weights have sizes and no values. A weight that serves twice counts once.
"""

import inspect
import json
import sys

import torch
from torchtune.config._utils import _get_component_from_path

# That of all configs with pictures; the builders' own default makes other positions.
IMAGE = {"image_size": 560}


def count(builder: str) -> int:
    make = _get_component_from_path(builder)
    options = {name: value for name, value in IMAGE.items() if name in inspect.signature(make).parameters}
    with torch.device("meta"):
        return sum(parameter.numel() for parameter in make(**options).parameters())


if __name__ == "__main__":
    print(json.dumps([count(builder) for builder in json.load(sys.stdin)]))
