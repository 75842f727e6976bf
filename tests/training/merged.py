"""What configurations come to: `merged < JSON` prints each as TorchTune merges it. In as in accept.py."""

import json
import sys

from omegaconf import OmegaConf
from tests.training.accept import load

if __name__ == "__main__":
    asked = [load(one["recipe"], one["config"], one["overrides"]) for one in json.load(sys.stdin)]
    print(json.dumps([OmegaConf.to_container(config, resolve=True) for config in asked]))
