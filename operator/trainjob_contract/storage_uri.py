"""What to download, as a storage URI says it: read by the initializer, and by admission before there is one."""

import re
from dataclasses import dataclass, replace
from enum import StrEnum
from urllib.parse import quote, unquote

FORMS = "hf://org/repo, hf://repo, either with @revision, /folder or /folder/file behind it"
# Names as the Hub allows them: huggingface_hub, utils/_validators.py.
_NAME = re.compile(r"(?!.*(--|\.\.))[A-Za-z0-9_](?:[\w.-]{0,94}[A-Za-z0-9_])?", re.ASCII)
_CLONED = ".git"  # no repository's name ends so
# The only revisions with a slash that need not be written %2F: huggingface_hub, utils/_hf_uris.py.
_REFERENCE = re.compile(r"refs/(?:convert/[\w.-]+|pr/\d+)(?=/|$)")
_PREFIXES = frozenset({"models", "datasets", "spaces"})

# What the addresses of the Hub's pages have in them. Organizations have no dots in their names.
_HOSTS = frozenset({"huggingface.co", "www.huggingface.co", "hf.co"})
_NO_REPOSITORIES = frozenset({"api", "blog", "collections", "docs", "join", "login", "papers", "settings", "spaces"})
_VIEW = re.compile(
    r"tree/[^/]+|(?:blob|resolve|raw)/(?:main|master|[0-9a-f]{40}|v\d[\w.-]*|refs/(?:convert|pr)/[\w.-]+)(?=/|$)"
)

_TOKEN = re.compile(r"hf_[A-Za-z0-9]{30,}")
_USER = re.compile(r"[^/@:]*:.*@", re.DOTALL)
_USER_AND_NO_PORT = re.compile(r"(?!arn:)[^/@:]*:(?!\d+/)[^@]*@")


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


@dataclass(frozen=True, slots=True)
class UnreadableUri:
    """Why a storage URI is none that we read.

    Attributes:
        shown: the URI without its secrets.
        problem: what it is or has, and what to do about it: the rest of a sentence that begins with the URI.
        meant: the URI that somebody wanted to write who wrote this one, "" if there is no telling.
        has_secrets: there are credentials in it.
    """

    shown: str
    problem: str
    meant: str = ""
    has_secrets: bool = False

    def __str__(self) -> str:
        return f"The storage URI {self.shown} {self.problem}."


def parse_source(uri: str, kind: Kind) -> Source | UnreadableUri:
    """Read a storage URI: `hf://[org/]repo[@revision][/path]`; a path needs `org/` or @ before it."""
    scheme, separator, rest = uri.partition("://")
    scheme, shown = scheme.lower(), hide_secrets(uri)
    if separator and (_USER_AND_NO_PORT.match(rest) or _TOKEN.search(rest)):
        return _with_secrets(scheme, shown)
    host, _, page = rest.partition("/")
    if separator and host.lower() in _HOSTS and scheme in {"hf", "http", "https"}:
        location = page if scheme == "hf" else _locate(page)
        if location:
            return _with_address(_read(location, kind, shown), shown)
    if not separator or scheme != "hf":
        return UnreadableUri(shown, f"is not supported: this version downloads {FORMS}")
    return _read(rest, kind, shown)


def _read(location: str, kind: Kind, shown: str) -> Source | UnreadableUri:
    """Read what follows hf://."""
    prefix, _, unprefixed = location.partition("/")
    if prefix in _PREFIXES:
        if prefix != f"{kind}s":
            return UnreadableUri(shown, f"does not name a {kind}, but one of the Hub's {prefix}")
        location = unprefixed
    source = _split(location.strip("/"), kind)
    if not _is_sound(_mend(source)):
        return UnreadableUri(shown, f"does not name a repository: write {FORMS}")
    pasted = _find_paste(source)
    return source if pasted is None else UnreadableUri(shown, *pasted)


def hide_secrets(uri: str) -> str:
    """Write a URI for the log and for everybody who reads the status: without a password, and what signs an address."""
    scheme, separator, rest = uri.partition("://")
    if not separator:
        scheme, rest = "", uri
    user = _USER.match(rest)
    if user is not None:
        rest = f"***@{rest[user.end() :]}"
    address, mark, _ = rest.partition("?")
    return _TOKEN.sub("***", f"{scheme}{separator}{address}{mark}{'***' if mark else ''}")


def _with_secrets(scheme: str, shown: str) -> UnreadableUri:
    names = "ACCESS_TOKEN" if scheme == "hf" else "ACCESS_KEY_ID and SECRET_ACCESS_KEY"
    problem = (
        "has credentials in it, and whoever may read the TrainJob reads them: take them out, put new ones into a Secret"
        f" as {names}, and name it in secretRef"
    )
    return UnreadableUri(shown, problem, has_secrets=True)


def _split(location: str, kind: Kind) -> Source:
    """Split `org/repo@revision/path` into its parts, whatever they are."""
    before, at, after = location.partition("@")
    if at and before.count("/") <= 1:
        reference = _REFERENCE.match(after)
        revision = reference[0] if reference else after.partition("/")[0]
        return Source(kind, before, unquote(revision), after[len(revision) :].strip("/"))
    words = location.split("/")
    return Source(kind, "/".join(words[:2]), None, "/".join(word for word in words[2:] if word))


def _is_sound(source: Source) -> bool:
    """Tell whether there may be such a repository."""
    names = source.repository.split("/")
    return (
        all(_NAME.fullmatch(name) for name in names)
        and names[0].lower() not in _HOSTS
        and source.revision != ""
        and ".." not in source.path.split("/")
    )


def _find_paste(source: Source) -> tuple[str, str] | None:
    """Find what was pasted from the address of a page or of a clone: return the problem, and what was meant."""
    meant = _mend(source).uri
    view = _view_in(source)
    if view is not None:
        kept = replace(source, revision="main").uri
        return f"has /{view[0]} in it, as addresses of pages do: write {meant}, or {kept} for such a folder", meant
    if source.repository.endswith(_CLONED):
        return f"has a name that ends in {_CLONED}, as addresses of clones do: write {meant}", meant
    if source.revision == "":
        return f"has no revision behind its @: write {meant}", meant
    return None


def _mend(source: Source) -> Source:
    """Take out of a source what was pasted into it."""
    view = _view_in(source)
    if view is not None:
        shown = source.path.partition("/")[2]
        source = _split(f"{source.repository}@{shown}", source.kind)
    return replace(source, repository=source.repository.removesuffix(_CLONED), revision=source.revision or None)


def _view_in(source: Source) -> re.Match[str] | None:
    """Find what a page shows of a repository. Where a revision is given, it is the name of a folder."""
    return _VIEW.match(source.path) if source.revision is None else None


def _locate(page: str) -> str:
    """Return what follows hf:// if a page of the Hub shows it, "" if it shows no repository."""
    words = [word for word in re.split(r"[?#]", page)[0].split("/") if word]
    prefix = [words.pop(0)] if words and words[0] in _PREFIXES else []
    if not words or (words[0] in _NO_REPOSITORIES and not prefix):
        return ""
    shown = "/".join(words[1:])
    if _VIEW.match(shown):  # of a repository without an organization
        return "/".join((*prefix, f"{words[0]}@{shown.partition('/')[2]}"))
    shown = "/".join(words[2:])
    return "/".join((*prefix, *(words if _VIEW.match(shown) else words[:2])))


def _with_address(read: Source | UnreadableUri, shown: str) -> Source | UnreadableUri:
    """Tell of a URI that was read once the Hub's address was taken out of it."""
    meant = read.uri if isinstance(read, Source) else read.meant
    return UnreadableUri(shown, f"is the address of a page: write {meant}", meant) if meant else read
