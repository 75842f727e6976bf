"""What to download, as a storage URI says it."""

import re
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import quote, unquote

from trainjob_contract.exit_codes import InitializerExitCode as ExitCode
from trainjob_initializer.failure import Failure

FORMS = "hf://org/repo, hf://repo, either with @revision, /folder or /folder/file behind it"
# Names as the Hub allows them: huggingface_hub, utils/_validators.py.
_NAME = re.compile(r"(?!.*(--|\.\.))[A-Za-z0-9_](?:[\w.-]{0,94}[A-Za-z0-9_])?", re.ASCII)
# The only revisions with a slash that need not be written %2F: huggingface_hub, utils/_hf_uris.py.
_REFERENCE = re.compile(r"refs/(?:convert/[\w.-]+|pr/\d+)(?=/|$)")


class Kind(StrEnum):
    """What a repository holds."""

    MODEL = "model"
    DATASET = "dataset"


@dataclass(frozen=True, slots=True)
class Source:
    """A repository of the Hub, a revision of it (None: the default branch), and a folder or file in it ("": all)."""

    kind: Kind
    repository: str
    revision: str | None = None
    path: str = ""

    @property
    def uri(self) -> str:
        """The storage URI, in one way of writing it."""
        revision = f"@{quote(self.revision, safe='')}" if self.revision is not None else ""
        return f"hf://{self.repository}{revision}{'/' if self.path else ''}{self.path}"

    def __str__(self) -> str:
        return f"{self.kind} {self.repository}"


def parse_source(uri: str, kind: Kind) -> Source | Failure:
    """Read a storage URI: `hf://[org/]repo[@revision][/path]`; a path needs `org/` or @ before it."""
    scheme, separator, rest = uri.partition("://")
    if not separator or scheme.lower() != "hf":
        return Failure(
            ExitCode.USAGE, f"The storage URI {_shown(uri)} is not supported: this version downloads {FORMS}."
        )
    prefix, _, unprefixed = rest.partition("/")
    if prefix in {"models", "datasets", "spaces"}:
        if prefix != f"{kind}s":
            return Failure(
                ExitCode.USAGE, f"The storage URI {_shown(uri)} does not name a {kind}, but one of the Hub's {prefix}."
            )
        rest = unprefixed
    repository, revision, path = _split(rest.strip("/"))
    names = repository.split("/")
    if not all(_NAME.fullmatch(name) for name in names) or revision == "" or ".." in path.split("/"):
        return Failure(ExitCode.USAGE, f"The storage URI {_shown(uri)} does not name a repository: write {FORMS}.")
    return Source(kind, repository, revision, path)


def _shown(uri: str) -> str:
    """Write a URI for the log and for everybody who reads the status: without a password, and what signs an address."""
    scheme, separator, rest = uri.partition("://")
    authority, slash, path = rest.partition("/")
    user, at, host = authority.rpartition("@")
    if at and ":" in user:
        authority = f"***@{host}"
    address, mark, _ = f"{authority}{slash}{path}".partition("?")
    return f"{scheme}{separator}{address}{mark}{'***' if mark else ''}"


def _split(location: str) -> tuple[str, str | None, str]:
    """Split `org/repo@revision/path` into its parts."""
    before, at, after = location.partition("@")
    if at and before.count("/") <= 1:
        reference = _REFERENCE.match(after)
        revision = reference[0] if reference else after.partition("/")[0]
        return before, unquote(revision), after[len(revision) :].strip("/")
    words = location.split("/")
    return "/".join(words[:2]), None, "/".join(word for word in words[2:] if word)
