"""Our container images, built from their Dockerfiles whenever something in them has changed."""

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.devcluster import base_images, builder
from tests.devcluster.cache import ROOT, cache_dir, digest, locked, made
from tests.devcluster.node import TORCH
from trainjob_operator import __version__

REGISTRY = "ghcr.io/trainjob-operator"
# Another checkout's tests may be about to load what was made a moment ago.
_SPARED_SECONDS = 6 * 3600
_NOT_CONTENT = {"__pycache__", ".mypy_cache", ".ruff_cache", ".pytest_cache"}


@dataclass(frozen=True, slots=True)
class Image:
    """Where an image's Dockerfile lies in the checkout, and how it is built here."""

    folder: Path
    target: str | None = None
    arguments: tuple[str, ...] = ()

    @property
    def dockerfile(self) -> Path:
        """The image's Dockerfile."""
        return self.folder / "Dockerfile"


IMAGES = {
    "operator": Image(ROOT / "images" / "operator"),
    "initializer": Image(ROOT / "images" / "initializer"),
    "torchtune-cpu": Image(ROOT / "images" / "torchtune", "torchtune-cpu", (f"TORCH={TORCH}",)),
}


def reference(name: str) -> str:
    """Return the full name of one of our images, as the chart has it."""
    return f"{REGISTRY}/{name}:{__version__}"


def build(name: str) -> Path:
    """Return an archive of one of our images, built first if anything that goes into it has changed."""
    image = IMAGES[name]
    text = image.dockerfile.read_text()
    bases = [known for known in base_images.BASES if known in text]
    parts = [*_contents(image, text), *(base_images.BASES[base].key().encode() for base in bases)]
    parts += [argument.encode() for argument in image.arguments]
    path = cache_dir() / "images" / f"{name}-{digest(parts)}.tar"

    def make(partial: Path) -> None:
        for base in bases:
            base_images.archive(base)
        with locked("buildah"):
            builder.build(reference(name), image.dockerfile, ROOT, target=image.target, arguments=image.arguments)
            builder.export(reference(name), partial)
        for older in path.parent.glob(f"{name}-*.tar"):
            if time.time() - older.stat().st_mtime > _SPARED_SECONDS:
                older.unlink()

    return made(path, make)


def _contents(image: Image, dockerfile: str) -> Iterator[bytes]:
    """Yield the names and contents of the image's folder and of all that its Dockerfile copies."""
    copied = re.findall(r"^COPY (?!.*--from)(.+)$", dockerfile.replace("\\\n", " "), re.MULTILINE)
    sources = {ROOT / word for line in copied for word in line.split()[:-1] if not word.startswith("--")}
    for source in sorted({image.folder, *sources}):
        for path in sorted(source.rglob("*")) if source.is_dir() else [source]:
            is_content = _NOT_CONTENT.isdisjoint(path.parts) and ".egg-info" not in str(path)
            if path.is_file() and is_content:
                yield str(path.relative_to(ROOT)).encode()
                yield path.read_bytes()
