"""What has to be the same for a training to go on: all of its configuration but what only tells, places and lengthens.

Another model, method, data set, learning rate or batch is another training. How many processes there are is no part of
it: tensors are cut anew. Nor is the number of epochs, so that a training may become longer while it lasts.
"""

from collections.abc import Iterator, Mapping
from typing import Any

_FREE = frozenset(
    {
        "epochs",
        "output_dir",
        "metric_logger",
        "log_every_n_steps",
        "log_level",
        "log_peak_memory_stats",
        "profiler",
        "resume_from_checkpoint",
        "device",
        "checkpointer.output_dir",
        "checkpointer.recipe_checkpoint",
        "checkpointer.adapter_checkpoint",
    }
)
_SHOWN = 3
_LONGEST = 60


def identify(recipe: str, rows: int, config: Mapping[str, Any]) -> Mapping[str, str]:
    """Return what the training is, as text by key; `config` is the configuration with all references resolved."""
    return {"recipe": recipe, "rows": str(rows), **dict(_flatten(config, ""))}


def compare(old: Mapping[str, str], new: Mapping[str, str]) -> str | None:
    """Say what differs, in the words of the configuration; None if nothing does."""
    differ = [key for key in sorted({*old, *new}) if old.get(key) != new.get(key)]
    if not differ:
        return None
    told = [f"{key} was {_show(old.get(key))}, and is {_show(new.get(key))}" for key in differ[:_SHOWN]]
    more = f"; {len(differ) - _SHOWN} more keys differ" if len(differ) > _SHOWN else ""
    return f"{'; '.join(told)}{more}"


def _flatten(value: object, key: str) -> Iterator[tuple[str, str]]:
    if key in _FREE:
        return
    if isinstance(value, Mapping):
        for name, one in value.items():
            yield from _flatten(one, f"{key}.{name}" if key else str(name))
    else:
        yield key, str(value)


def _show(value: str | None) -> str:
    if value is None:
        return "not set"
    return value if len(value) <= _LONGEST else f"{value[:_LONGEST]}..."
