"""metav1.ObjectMeta, as far as it is read."""

from datetime import datetime

from pydantic import Field

from trainjob_operator.api.model import Model


class OwnerReference(Model):
    """An owner of an object."""

    api_version: str = ""
    kind: str
    name: str
    uid: str
    controller: bool | None = None
    block_owner_deletion: bool | None = None


class ObjectMeta(Model):
    """Name, identity and history of an object."""

    name: str = ""
    namespace: str | None = None
    uid: str = ""
    resource_version: str | None = None
    generation: int | None = None
    creation_timestamp: datetime | None = None
    deletion_timestamp: datetime | None = None
    labels: dict[str, str] = Field(default_factory=dict)
    annotations: dict[str, str] = Field(default_factory=dict)
    owner_references: tuple[OwnerReference, ...] = ()
