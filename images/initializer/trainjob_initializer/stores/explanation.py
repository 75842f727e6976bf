"""What an error means to whoever wrote the TrainJob: what is wrong, where, and what to do."""

import errno
import json
from dataclasses import dataclass
from pathlib import Path

import httpx2
from huggingface_hub.errors import (
    GatedRepoError,
    HfHubHTTPError,
    OfflineModeIsEnabled,
    RemoteEntryNotFoundError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)

from trainjob_contract.exit_codes import InitializerExitCode as ExitCode
from trainjob_contract.storage_uri import Kind, Source
from trainjob_initializer.failure import Failure
from trainjob_initializer.stores.errors import DamagedError, NoHubError, brief, is_distrust, is_transient

_NO_SPACE = {errno.ENOSPC, errno.EDQUOT}
_NOT_WRITABLE = {errno.EACCES, errno.EPERM, errno.EROFS}
_UNAUTHORIZED, _FORBIDDEN = 401, 403
_FINE_GRAINED = (
    "a fine-grained token also needs the permission to read the contents of public gated repositories, or of this one"
)


@dataclass(frozen=True, slots=True)
class Explainer:
    """Explains errors of one download."""

    source: Source
    destination: Path
    endpoint: str
    has_token: bool

    def explain(self, error: BaseException) -> Failure:
        """Return how the run ends."""
        match error:
            case HfHubHTTPError() as answer if not is_transient(answer):
                return self._refused(answer)
            case (
                OfflineModeIsEnabled()
                | httpx2.TransportError()
                | NoHubError()
                | DamagedError()
                | json.JSONDecodeError() as broken
            ):
                return self._unreachable(broken)
            case broken if is_transient(broken):
                return self._unreachable(broken)
            case OSError(errno=number) if number in _NO_SPACE:
                sentence = f"The volume of {self.destination} is full before the {self.source} is complete"
                return Failure(ExitCode.NO_SPACE, f"{sentence}: ask for a larger one.")
            case OSError(errno=number) as refused if number in _NOT_WRITABLE:
                sentence = f"Cannot write to {self.destination} ({refused.strerror}): give the pod an fsGroup that may."
                return Failure(ExitCode.UNEXPECTED, sentence)
            case unforeseen:
                what = f"{type(unforeseen).__name__}: {brief(unforeseen)}"
                return Failure(ExitCode.UNEXPECTED, f"The download of the {self.source} failed: {what}.")

    def _refused(self, answer: HfHubHTTPError) -> Failure:
        """Explain an answer that asking again does not change."""
        status, secret = answer.response.status_code, self._secret
        code = ExitCode.NOT_FOUND
        match answer:
            case GatedRepoError():
                return self._gated()
            case RevisionNotFoundError():
                remedy = f"check what follows the @ in {self._field}.storageUri"
                sentence = f"The {self.source} has no revision {self.source.revision}: {remedy}."
            case RemoteEntryNotFoundError():
                sentence = f"The {self.source} has lost a file meanwhile: {answer.response.url}."
            case _ if status == _UNAUTHORIZED and self.has_token:
                code = ExitCode.BAD_TOKEN
                fault = f"{self.endpoint} does not know the given token: it is mistyped, expired or revoked"
                sentence = f"{fault}; name {secret}."
            case _ if status == _UNAUTHORIZED or isinstance(answer, RepositoryNotFoundError):
                otherwise = "" if self.has_token else f", or, if it is private, name {secret}"
                remedy = f"check {self._field}.storageUri{otherwise}"
                sentence = f"There is no {self.source} at {self.endpoint}: {remedy}."
            case _ if status == _FORBIDDEN:
                code = ExitCode.NO_ACCESS
                lack = "The given token may not" if self.has_token else "Without a token nobody may"
                also = f"; {_FINE_GRAINED}" if self.has_token else ""
                sentence = f"{lack} read the {self.source} ({brief(answer)}): name {secret}{also}."
            case _:
                return self._unreachable(answer)
        return Failure(code, sentence)

    def _gated(self) -> Failure:
        folder = "datasets/" if self.source.kind is Kind.DATASET else ""
        terms = f"accept its terms at {self.endpoint}/{folder}{self.source.repository}"
        if self.has_token:
            sentence = f"The {self.source} is gated, and the given token has no access"
            remedy = f"{terms} with its account; {_FINE_GRAINED}; or name {self._secret}"
            return Failure(ExitCode.NO_ACCESS, f"{sentence}: {remedy}.")
        return Failure(ExitCode.NO_ACCESS, f"The {self.source} is gated: {terms}, and name {self._secret}.")

    def _unreachable(self, error: BaseException) -> Failure:
        """Explain why there is no Hub to talk to."""
        match error:
            case OfflineModeIsEnabled():
                sentence = f"The {self.source} cannot be downloaded while HF_HUB_OFFLINE is set: unset it."
            case _ if is_distrust(error):
                sentence = f"The certificate of {self.endpoint} is not trusted: give the pods your proxy's CA bundle."
            case _ if is_transient(error):
                remedy = "check the network, DNS, the proxy and HF_ENDPOINT"
                sentence = f"Gave up on {self.endpoint} ({brief(error)}): {remedy}."
            case DamagedError():
                fault = f"{self.endpoint} sends other bytes than it lists ({brief(error)})"
                sentence = f"{fault}: check HF_ENDPOINT and the proxy."
            case _:
                fault = f"{self.endpoint} does not answer as a Hub does ({brief(error)})"
                sentence = f"{fault}: check HF_ENDPOINT and the proxy."
        return Failure(ExitCode.UNREACHABLE, sentence)

    @property
    def _field(self) -> str:
        return f"initializer.{self.source.kind}"

    @property
    def _secret(self) -> str:
        return f"a Secret with a token under ACCESS_TOKEN in {self._field}.secretRef"
