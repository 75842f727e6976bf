"""The base of all models: frozen, camelCase on the wire, snake_case in Python."""

from typing import ClassVar, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic.alias_generators import to_camel

from trainjob_operator.api.constraints import Constraints
from trainjob_operator.errors import InvalidObjectError
from trainjob_operator.wording import list_few, shorten


class Model(BaseModel):
    """A value of our own API. Unknown fields are dropped, as the CRD drops them."""

    model_config = ConfigDict(
        frozen=True, extra="ignore", alias_generator=to_camel, populate_by_name=True, serialize_by_alias=True
    )
    constraints: ClassVar[Constraints] = Constraints()


class OpenModel(Model):
    """A value of Kubernetes' own API of which only some fields are typed; all others pass through unchanged."""

    model_config = ConfigDict(extra="allow")
    definition: ClassVar[str]
    """The name of the Kubernetes type, such as ``core.v1.EnvVar``."""


AnyModel = TypeVar("AnyModel", bound=Model)


def parse(model: type[AnyModel], kind: str, body: object) -> AnyModel:
    """Parse an object from the API server.

    Raises:
        InvalidObjectError: it does not fit; the message names the object and the fields, never their values.
    """
    try:
        return model.model_validate(body)
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False, include_input=False)
        problems = (f"{shorten('.'.join(map(str, problem['loc'])), 400)}: {problem['msg']}" for problem in found)
        said = list_few(problems, most=10, between="; ", longest=600)
        raise InvalidObjectError(f"{kind} {_identify(body)}: {said}") from error


def _identify(body: object) -> str:
    metadata = body.get("metadata") if isinstance(body, dict) else None
    if not isinstance(metadata, dict):
        return "without metadata"
    parts = (metadata.get("namespace"), metadata.get("name"))
    return "/".join(shorten(part) for part in parts if part is not None) or "without a name"
