"""The normal form of a piece of an object: equal for whatever two clients write that means the same.

Go clients decode and encode the whole object, which drops explicit zero values and rewrites quantities.
"""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

from trainjob_operator.api.quantities import format_quantity
from trainjob_operator.wording import shorten

Object = Mapping[str, Any]

AMOUNTS = frozenset({"limits", "requests"})
QUANTITIES = frozenset({"sizeLimit", "divisor", "size"})
"""Where Kubernetes has quantities: in all fields of the former, and in the latter themselves."""

_EMPTY_MEANS_SOMETHING = frozenset({"trainer", "initializer", "dataset", "model", "storageUri", "storageClassName"})
_FALSE_MEANS_NOTHING = frozenset({"readOnly"})
_PROCESSES = "numProcPerNode"
_ONE_AN_ACCELERATOR = ("auto", "gpu")


def normalize(value: object, name: str = "") -> object:
    """Give the normal form of a value that stands under a name.

    Lists of named things become mappings, because their order means nothing to server-side apply. An empty list, object
    or text is nothing, except where TrainJobs tell it from absence.
    """
    if isinstance(value, Mapping):
        cleaned = {str(key): normalize(nested, str(key)) for key, nested in value.items()}
        if name in AMOUNTS:
            cleaned = {key: _canonical(amount) for key, amount in cleaned.items()}
        return {key: nested for key, nested in cleaned.items() if not _is_nothing(key, nested)}
    if isinstance(value, list | tuple):
        items = [normalize(item) for item in value]
        named = {item["name"]: item for item in items if isinstance(item, dict) and isinstance(item.get("name"), str)}
        return named if items and len(named) == len(items) else items
    return _canonical(value) if name in QUANTITIES else value


def normalize_object(value: object) -> dict[str, Any]:
    """Give the normal form of an object; an empty one for anything else."""
    normal = normalize(value)
    return normal if isinstance(normal, dict) else {}


def differences(old: object, new: object, path: str) -> Iterator[str]:
    """Yield the paths at which two normal forms differ, as deep as both have objects."""
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for name in dict.fromkeys((*old, *new)):
            yield from differences(old.get(name), new.get(name), f"{path}.{shorten(name)}")
    elif old != new or isinstance(old, bool) is not isinstance(new, bool):
        yield path


def object_at(value: object, *path: str) -> Object:
    """Give the object at a path of names; an empty one if there is none."""
    for name in path:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value if isinstance(value, Mapping) else {}


def _canonical(value: object) -> object:
    if isinstance(value, int | float | str) and not isinstance(value, bool):
        with suppress(ValueError):
            return format_quantity(value)
    return value


def _is_nothing(name: str, value: object) -> bool:
    if name == _PROCESSES and value in _ONE_AN_ACCELERATOR:
        return True
    if value is False:
        return name in _FALSE_MEANS_NOTHING
    return value is None or (value in ("", [], {}) and name not in _EMPTY_MEANS_SOMETHING)
