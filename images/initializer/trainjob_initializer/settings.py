"""What the container was told: by its arguments and by its environment. An empty variable counts as not set."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from trainjob_contract.environment import ACCESS_TOKEN, IGNORE_PATTERNS, STORAGE_URI
from trainjob_contract.exit_codes import InitializerExitCode as ExitCode
from trainjob_contract.storage_uri import Kind, Source, UnreadableUri, parse_source
from trainjob_contract.workspace import find_workspace
from trainjob_initializer.failure import Failure

_KINDS = " or ".join(sorted(Kind))


@dataclass(frozen=True, slots=True)
class Settings:
    """One download."""

    source: Source
    destination: Path
    token: str | None
    ignore_patterns: tuple[str, ...]
    # Of the pod: the same for all pods that a Job makes for a step.
    host: str
    # Seconds between progress lines; without a sign of life until starting over; without a byte until giving up.
    progress_s: float
    stall_s: float
    give_up_s: float


def read_settings(words: Sequence[str], environment: Mapping[str, str]) -> Settings | Failure:
    """Read what to download; the kind is the only argument, or INITIALIZER_KIND."""
    word = words[0] if words else environment.get("INITIALIZER_KIND", "")
    if len(words) > 1 or word not in list(Kind):
        return Failure(
            ExitCode.USAGE, f"Say what to download: the argument must be {_KINDS}, not {' '.join(words) or '(none)'}."
        )
    kind = Kind(word)
    uri = environment.get(STORAGE_URI, "").strip()
    if not uri:
        return Failure(
            ExitCode.USAGE, f"STORAGE_URI is not set: set initializer.{kind}.storageUri, e.g. hf://org/repo."
        )
    source = parse_source(uri, kind)
    if isinstance(source, UnreadableUri):
        return Failure(ExitCode.USAGE, str(source))
    token = environment.get(ACCESS_TOKEN, "").strip() or environment.get("HF_TOKEN", "").strip() or None
    if token is not None and (not token.isascii() or not token.isprintable() or " " in token):
        return Failure(ExitCode.BAD_TOKEN, "The given token (ACCESS_TOKEN) has characters in it that no token has.")
    seconds: list[float] = []
    for name, default in (("PROGRESS", "5"), ("STALL", "90"), ("GIVE_UP", "300")):
        variable = f"TRAINJOB_{name}_SECONDS"
        value = environment.get(variable) or default
        try:
            seconds.append(float(value))
        except ValueError:
            return Failure(ExitCode.USAGE, f"{variable} must be a number of seconds, not {value}.")
    progress_s, stall_s, give_up_s = seconds
    return Settings(
        source=source,
        destination=find_workspace(environment) / kind,
        token=token,
        ignore_patterns=tuple(filter(None, map(str.strip, environment.get(IGNORE_PATTERNS, "").split(",")))),
        host=environment.get("HOSTNAME", ""),
        progress_s=progress_s,
        stall_s=stall_s,
        give_up_s=give_up_s,
    )
