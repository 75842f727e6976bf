"""The weights of a model: which files hold them, once, and whether they do."""

import json
import re
from collections.abc import Sequence
from fnmatch import fnmatch
from pathlib import Path

from huggingface_hub.utils._paths import filter_repo_objects

from trainjob_contract.exit_codes import InitializerExitCode as ExitCode
from trainjob_contract.storage_uri import Kind, Source
from trainjob_initializer.download.selection import RemoteFile, is_single, lying_below, shown
from trainjob_initializer.failure import Failure

_INDEX = "model.safetensors.index.json"
_READABLE, _GGUF = ".safetensors", ".gguf"
_USUAL = re.compile(r"model(?:-\d+-of-\d+)?\.safetensors")
_ADAPTER = "adapter_model.safetensors"
# Weights that TorchTune cannot read, or that are not downloaded because loading them may run code.
_UNREADABLE = ("pytorch_model*.bin", "model*.bin", "*.gguf", "*.pth", "*.ckpt", "tf_model*.h5", "flax_model*.msgpack")
_HEAD_BYTES = 64
_IMPOSTORS = (
    (re.compile(rb"version https://git-lfs"), "is a Git LFS pointer instead of what it points to"),
    (re.compile(rb"\s*<(?:!doctype|html)", re.IGNORECASE), "is an HTML page"),
)


def find_index(files: Sequence[RemoteFile], source: Source) -> RemoteFile | None:
    """Return the file that says which ones hold the weights, if the model has one where the source points."""
    if source.kind is Kind.DATASET:
        return None
    path = f"{source.path}/{_INDEX}" if source.path else _INDEX
    return next((file for file in files if file.path == path), None)


def read_index(text: bytes) -> frozenset[str]:
    """Return the files that an index names; none if it is damaged, which whoever loads the model will say."""
    try:
        match json.loads(text):
            case {"weight_map": dict(names)}:
                return frozenset(name for name in names.values() if isinstance(name, str))
    except ValueError:
        pass
    return frozenset()


def without_copies(files: Sequence[RemoteFile], source: Source, named: frozenset[str]) -> tuple[RemoteFile, ...]:
    """Leave out weights that the model has once more: in another format, precision or layout.

    What the index names is enough. Without one, what lies beside config.json is, under its usual name if it has one.
    """
    if source.kind is Kind.DATASET or is_single(files, source):
        return tuple(files)
    prefix = f"{source.path}/" if source.path else ""
    weights = {file.path for file in files if file.path.endswith((_READABLE, _GGUF))}
    readable = {path for path in weights if path.endswith(_READABLE)}
    beside = {path for path in readable if "/" not in path.removeprefix(prefix)}
    usual = {path for path in beside if _USUAL.fullmatch(path.removeprefix(prefix))}
    indexed = {f"{prefix}{name}" for name in named} & readable
    kept = (indexed or usual or beside or readable or weights) | ({f"{prefix}{_ADAPTER}"} & weights)
    return tuple(file for file in files if file.path not in weights or file.path in kept)


def find_lack(
    files: Sequence[RemoteFile], wanted: Sequence[RemoteFile], source: Source, ignore_patterns: Sequence[str]
) -> Failure | None:
    """Say so if a model comes without weights that the trainer can read, although it has others."""
    if source.kind is Kind.DATASET or is_single(files, source):
        return None
    for file in wanted:
        if file.path.endswith(_READABLE) and file.size == 0:
            return _useless(source, f"{file.path} is empty")
    if any(file.path.endswith(_READABLE) for file in wanted):
        return None
    below = filter_repo_objects(
        lying_below(files, source), ignore_patterns=list(ignore_patterns), key=lambda file: file.path
    )
    others = [file.path for file in below if _is_unreadable(file.path)]
    if not others:
        return None
    patterns = ",".join(dict.fromkeys(f"*{Path(path).suffix}" for path in others))
    return Failure(
        ExitCode.NO_WEIGHTS,
        f"The {source} has no weights in *.safetensors, which the trainer reads, but {shown(others)}: name a"
        " repository or a revision that has them (often refs/pr/N, from the Hub's converter); to do without weights,"
        f" set IGNORE_PATTERNS={patterns}.",
    )


def find_impostor(folder: Path, files: Sequence[RemoteFile], source: Source) -> Failure | None:
    """Say so if something else lies where weights should be."""
    for file in files:
        if source.kind is Kind.DATASET or not file.path.endswith((_READABLE, _GGUF)):
            continue
        with (folder / file.path).open("rb") as stream:
            head = stream.read(_HEAD_BYTES)
        for pattern, what in _IMPOSTORS:
            if pattern.match(head):
                return _useless(source, f"{file.path} {what}")
    return None


def _is_unreadable(path: str) -> bool:
    return any(fnmatch(path.rpartition("/")[2], pattern) for pattern in _UNREADABLE)


def _useless(source: Source, what: str) -> Failure:
    remedy = "upload it again, or name a revision in which it is whole"
    return Failure(ExitCode.NO_WEIGHTS, f"The {source} has no weights: {what}; {remedy}.")
