"""The base of all models: frozen, camelCase on the wire, snake_case in Python."""

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel


class Model(BaseModel):
    """A value of our own API. Unknown fields are dropped, as the CRD drops them."""

    model_config = ConfigDict(
        frozen=True, extra="ignore", alias_generator=to_camel, populate_by_name=True, serialize_by_alias=True
    )


class OpenModel(Model):
    """A value of Kubernetes' own API of which only some fields are typed; all others pass through unchanged."""

    model_config = ConfigDict(extra="allow")
