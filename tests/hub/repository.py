"""A local folder as a repository of the Hub: its files, its revisions, and who may see it."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Kind = Literal["model", "dataset"]
# The real Hub's limit is 10 MB.
LFS_BYTES = 1 << 20
_HUGE_BYTES = 1 << 36


@dataclass(frozen=True, slots=True)
class File:
    """One file; `oid` is its sha256 if it is in LFS, else git's object id."""

    path: str
    source: Path
    size: int
    oid: str
    lfs: bool


@dataclass(frozen=True, slots=True)
class Commit:
    """The files of a revision, as they were when the repository was added."""

    sha: str
    files: Mapping[str, File]

    def below(self, folder: str) -> list[File]:
        """List the files in a folder and in its folders; all of them if it is empty."""
        return [file for path, file in self.files.items() if not folder or path.startswith(f"{folder}/")]


@dataclass(frozen=True, slots=True)
class Repository:
    """A repository, and what stands between it and a client."""

    kind: Kind
    name: str
    revisions: Mapping[str, Commit]
    private: bool = False
    # Everybody sees a gated repository; only these tokens download from it.
    granted: frozenset[str] | None = None
    # Claims that large files are in Xet storage, whose server then never answers.
    xet: bool = False

    def commit(self, revision: str) -> Commit | None:
        """Return the commit that a branch, a tag or a SHA means."""
        by_sha = {commit.sha: commit for commit in self.revisions.values()}
        return self.revisions.get(revision) or by_sha.get(revision)


def read_commit(folder: Path) -> Commit:
    """Take stock of a folder."""
    files: dict[str, File] = {}
    for source in sorted(folder.rglob("*")):
        path = source.relative_to(folder).as_posix()
        if source.is_file() and not path.startswith(".cache/"):
            size = source.stat().st_size
            files[path] = File(path, source, size, _hash(source, size), size >= LFS_BYTES)
    listing = "".join(file.oid for file in files.values())
    return Commit(hashlib.sha256(f"{folder}\0{listing}".encode()).hexdigest()[:40], files)


def _hash(source: Path, size: int) -> str:
    if size > _HUGE_BYTES:
        # Nobody downloads that: it is there to be too large.
        return hashlib.sha256(f"{source}\0{size}".encode()).hexdigest()
    if size >= LFS_BYTES:
        with source.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    return hashlib.sha1(b"blob %d\0" % size + source.read_bytes()).hexdigest()  # noqa: S324 - git's
