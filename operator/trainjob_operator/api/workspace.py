"""The volume at ``/workspace`` as a TrainJob asks for it, and where on it the result is."""

from typing import Annotated, Literal

from trainjob_operator.api.constraints import IMMUTABLE, Constraints
from trainjob_operator.api.model import Model
from trainjob_operator.api.quantities import Quantity

AccessMode = Literal["ReadWriteOnce", "ReadWriteMany", "ReadOnlyMany", "ReadWriteOncePod"]
_FIXED = Constraints(rules=(IMMUTABLE,))


class Workspace(Model):
    """What changes of the runtime's claim, or which claim is used in its place.

    An empty ``storageClassName`` is a value: no class at all. Beside ``claimName`` the modes are those of the claim.
    """

    size: Annotated[
        Quantity | None, Constraints(definition="api.resource.Quantity", max_length=64, rules=(IMMUTABLE,))
    ] = None
    storage_class_name: Annotated[str | None, Constraints(max_length=253, rules=(IMMUTABLE,))] = None
    access_modes: Annotated[
        tuple[AccessMode, ...] | None, Constraints(min_items=1, max_items=4, rules=(IMMUTABLE,))
    ] = None
    claim_name: Annotated[str | None, Constraints(max_length=253, rules=(IMMUTABLE,))] = None
    retention_policy: Annotated[Literal["Delete", "Retain"] | None, _FIXED] = None


class OutputStatus(Model):
    """Where the result is: a claim of the TrainJob's namespace, and the path on its volume, empty for all of it."""

    claim_name: Annotated[str, Constraints(max_length=253)]
    path: Annotated[str, Constraints(max_length=4096)]
