"""Print what TensorBoard reads in a folder: `read_events FOLDER` prints the values of each name, as JSON."""

import json
import sys

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.util.tensor_util import make_ndarray


def read(folder: str) -> dict[str, list[float]]:
    """Return the values that TorchTune wrote, as tensors without a dimension, by their names."""
    events = EventAccumulator(folder)
    events.Reload()
    names: list[str] = events.Tags()["tensors"]
    return {name: [float(make_ndarray(event.tensor_proto)) for event in events.Tensors(name)] for name in names}


if __name__ == "__main__":
    print(json.dumps(read(sys.argv[1])))
