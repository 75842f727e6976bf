"""A local folder as a repository of the Hub: its files, its revisions, and who may see it."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Kind = Literal["model", "dataset"]


@dataclass(frozen=True, slots=True)
class File:
    """One file; `oid` changes whenever the file does, and stands for the hash that the Hub would compute."""

    path: str
    source: Path
    size: int
    oid: str


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
    # Claims that the files are in Xet storage, whose server then never answers.
    xet: bool = False

    def commit(self, revision: str) -> Commit | None:
        """Return the commit that a branch, a tag or a SHA means."""
        by_sha = {commit.sha: commit for commit in self.revisions.values()}
        return self.revisions.get(revision) or by_sha.get(revision)


def read_commit(folder: Path) -> Commit:
    """Take stock of a folder; times and sizes stand for contents, so that gigabytes need not be read."""
    files: dict[str, File] = {}
    for source in sorted(folder.rglob("*")):
        path = source.relative_to(folder).as_posix()
        if source.is_file() and not path.startswith(".cache/"):
            stat = source.stat()
            oid = hashlib.sha256(f"{path}\0{stat.st_size}\0{stat.st_mtime_ns}".encode()).hexdigest()
            files[path] = File(path, source, stat.st_size, oid)
    listing = "".join(file.oid for file in files.values())
    return Commit(hashlib.sha256(f"{folder}\0{listing}".encode()).hexdigest()[:40], files)
