"""Puts back what a client lost on the way of an update, and says when each runtime patch was made.

Kueue un-suspends with a full update from older Go types: fields that it does not know are gone, explicit zero values
too, and a bare ``tune run`` has become a whole command.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from trainjob_operator.admission.fixed import fixed_of, is_dropped_by_older_client, is_expansion, is_move
from trainjob_operator.admission.normal import Object, normalize
from trainjob_operator.admission.patches import (
    PATCHES,
    manager_of,
    normalize_patch,
    patches_of,
    see_as_older_client,
)


def restore(old: Object, new: Object) -> tuple[Object, tuple[str, ...]]:
    """Give the new specification with what means the same as before written as before, and the fields put back.

    A field that is missing altogether is put back only where the update is one that a queueing controller makes.
    """
    restored = dict(new)
    lost: list[str] = []
    moves = is_move(old, new)
    if moves and is_expansion(old, new):
        restored["trainer"] = {**new["trainer"], "command": old["trainer"]["command"]}
    before, after = fixed_of(old), fixed_of(restored)
    for field, value in old.items():
        if field not in restored:
            if moves and is_dropped_by_older_client(field) and value is not None:
                restored[field] = value
                lost.append(field)
        elif field != PATCHES and _form(before, old, field) == _form(after, restored, field):
            restored[field] = value
    return restored, tuple(lost)


def stamp(old: Object | None, new: Object, now: datetime) -> Object:
    """Give the new specification with a time on every patch: as before if it is unchanged, given, or now."""
    patches = new.get(PATCHES)
    if not isinstance(patches, list):
        return new
    known = patches_of(old) if old is not None else {}
    moves = old is not None and is_move(old, new)
    time = now.strftime("%Y-%m-%dT%H:%M:%SZ")
    return {**new, PATCHES: [_stamp(known.get(manager_of(one)), one, time, moves=moves) for one in patches]}


def _stamp(old: Object | None, new: Any, time: str, *, moves: bool) -> Any:  # noqa: ANN401 - any JSON
    if not isinstance(new, Mapping):
        return new
    if old is None:
        return {**new, "time": time} if new.get("time") is None else new
    form = see_as_older_client if moves else normalize_patch
    if form(old) == form(new):
        return old if old.get("time") is not None else {**old, "time": new.get("time") or time}
    return {**new, "time": time}


def _form(fixed: Object, spec: Object, field: str) -> object:
    return fixed[field] if field in fixed else normalize(spec[field], field)
