"""What the API server checks of a value beyond its type.

The models do not check it themselves: whatever is stored, be it under another version's CRD, can be read and told of.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any


@dataclass(frozen=True, slots=True)
class Rule:
    """A CEL rule of a CustomResourceDefinition; ``expression`` instead of ``message`` makes the text from the value.

    Attributes:
        holds: the same in Python, for a value of the field's type; None if only an API server can tell.
    """

    rule: str
    message: str | None = None
    expression: str | None = None
    holds: Callable[[Any], bool] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Constraints:
    """Keywords of a structural schema; None leaves a keyword out.

    Attributes:
        keys: the fields that tell the items of a list apart, which makes it a map to server-side apply.
        unique: the list is a set to server-side apply.
        required: required of clients, although the model can do without.
        definition: the name of the Kubernetes type that stands here.
    """

    default: bool | int | str | None = None
    enum: tuple[str, ...] | None = None
    format: str | None = None
    pattern: str | None = None
    minimum: int | None = None
    maximum: int | None = None
    min_length: int | None = None
    max_length: int | None = None
    min_items: int | None = None
    max_items: int | None = None
    min_properties: int | None = None
    keys: tuple[str, ...] = ()
    unique: bool = False
    required: bool = False
    definition: str | None = None
    rules: tuple[Rule, ...] = ()


IMMUTABLE = Rule("self == oldSelf", "field is immutable")
"""Only for scalars, and lists of them: clients such as Kueue decode and re-encode the whole object, which drops
explicit zero values and rewrites quantities, so that a comparison of deep structures would refuse them for ever."""

NAME = Constraints(min_length=1, max_length=253)
_LONGEST_NAME = 253
_OBJECT_NAME = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*", re.ASCII)
OBJECT_NAME = Constraints(min_length=1, max_length=_LONGEST_NAME, pattern=f"^{_OBJECT_NAME.pattern}$")
"""What Kubernetes lets an object of ours be called."""


QUALIFIED_NAME = Constraints(
    max_length=316,
    pattern=r"^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?"
    r"(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])$",
)
"""What Kubernetes lets the type of a condition be."""


def is_object_name(name: str) -> bool:
    """Tell whether there can be an object of this name."""
    return len(name) <= _LONGEST_NAME and _OBJECT_NAME.fullmatch(name) is not None


Int32 = Annotated[int, Constraints(format="int32")]
Int64 = Annotated[int, Constraints(format="int64")]
Count = Annotated[int, Constraints(format="int32", minimum=0)]
