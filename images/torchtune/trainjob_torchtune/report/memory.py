"""What is reported and no checkpoint has: a file beside the checkpoints, so that a curve does not begin anew.

    output_dir/steps/progress.json

It goes when the checkpoints go, and that it cannot be written or read costs nothing but the curve.
"""

import contextlib
import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from trainjob_contract.progress import Checkpoint, Point

_NAME = "progress.json"


@dataclass(frozen=True, slots=True)
class Memory:
    """A curve, how many steps each point of it stands for, and the checkpoint beside which it was written."""

    stride: int
    points: tuple[Point, ...]
    checkpoint: Checkpoint | None


def remember(folder: Path, memory: Memory) -> None:
    """Write it into the folder of checkpoints."""
    saved = memory.checkpoint
    content = {
        "stride": memory.stride,
        "points": [[point.step, point.loss] for point in memory.points],
        "checkpoint": None if saved is None else [saved.step, saved.time.isoformat(), saved.size, saved.seconds],
    }
    with contextlib.suppress(OSError):
        draft = folder / f".{_NAME}"
        draft.write_text(json.dumps(content))
        draft.replace(folder / _NAME)


def recall(folder: Path) -> Memory | None:
    """Read it; None if there is none that can be read."""
    try:
        content = json.loads((folder / _NAME).read_bytes())
        points = tuple(Point(int(step), float(loss)) for step, loss in content["points"])
        saved = content["checkpoint"]
        checkpoint = None
        if saved is not None:
            step, time, size, seconds = saved
            checkpoint = Checkpoint(int(step), datetime.fromisoformat(time), int(size), float(seconds))
        return Memory(int(content["stride"]), points, checkpoint)
    except (OSError, ValueError, TypeError, KeyError):
        return None
