"""Which files of a repository are wanted."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from huggingface_hub.utils._paths import filter_repo_objects

from trainjob_contract.exit_codes import InitializerExitCode as ExitCode
from trainjob_contract.storage_uri import Kind, Source
from trainjob_contract.workspace import SOURCE_NOTE
from trainjob_initializer.failure import Failure

# What TorchTune and those read who serve its results, and no pickles. Kubeflow Trainer has all but the chat templates.
MODEL_PATTERNS = ("*.json", "*.safetensors", "*.model", "*.txt", "*.gguf", "*.jinja")
# Written here after a download: a result that somebody put on the Hub has one, which names the model before.
ORIGIN = "original_repo_id.json"
# Notes of this program and of the Hub's client: what a repository has of that name is somebody else's.
_OWN = (".cache/*", f"*{SOURCE_NOTE}")
_SHOWN = 8


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """A file of the repository; size in bytes.

    The checksum is there for what lies in LFS, the Xet hash for what lies in Xet. `etag` is what the Hub calls the
    content: the checksum, or else git's object id.
    """

    path: str
    size: int
    etag: str = ""
    sha256: str | None = None
    xet_hash: str | None = None


def select(
    files: Sequence[RemoteFile], source: Source, ignore_patterns: Sequence[str]
) -> tuple[RemoteFile, ...] | Failure:
    """Return what lies at the source's path and matches; of a model, unless one file is named, what TorchTune reads."""
    below = lying_below(files, source)
    if source.path and not below:
        return Failure(
            ExitCode.NOT_FOUND,
            f"The {source} has no {source.path}, it has {shown(file.path.partition('/')[0] for file in files)}:"
            f" check initializer.{source.kind}.storageUri.",
        )
    patterns = None if is_single(below, source) or source.kind is Kind.DATASET else list(MODEL_PATTERNS)
    ignored = [*ignore_patterns, *_OWN, *([f"*{ORIGIN}"] if patterns else [])]
    wanted = filter_repo_objects(below, allow_patterns=patterns, ignore_patterns=ignored, key=lambda file: file.path)
    selected = tuple(wanted)
    if not selected:
        return Failure(ExitCode.NOTHING_MATCHED, _nothing(below, source, patterns or [], ignore_patterns))
    return selected


def lying_below(files: Sequence[RemoteFile], source: Source) -> list[RemoteFile]:
    """Return what lies at the source's path."""
    return [file for file in files if not source.path or f"{file.path}/".startswith(f"{source.path}/")]


def is_single(files: Sequence[RemoteFile], source: Source) -> bool:
    """Tell whether the source names one file: that comes, whatever it is."""
    return any(file.path == source.path for file in files)


def shown(names: Iterable[str]) -> str:
    """Write a list of names, cut where it gets long."""
    unique = list(dict.fromkeys(names))
    return ", ".join(unique[:_SHOWN]) + (f" and {len(unique) - _SHOWN} more" if len(unique) > _SHOWN else "")


def _nothing(
    files: Sequence[RemoteFile], source: Source, patterns: Sequence[str], ignore_patterns: Sequence[str]
) -> str:
    if not files:
        return f"The {source} has no files: check initializer.{source.kind}.storageUri."
    rules = [f"only {' '.join(patterns)} are downloaded"] if patterns else []
    rules += [f"IGNORE_PATTERNS leaves out {' '.join(ignore_patterns)}"] if ignore_patterns else []
    has = shown(file.path for file in files)
    return f"Nothing of the {source} would be downloaded: {', and '.join(rules)}, but it has {has}."
