"""The base images that our Dockerfiles name, made from Debian's packages: no registry of images is needed."""

from dataclasses import dataclass
from pathlib import Path

from tests.devcluster import builder, packages
from tests.devcluster.cache import cache_dir, digest, locked, made, remove
from tests.devcluster.longrun import run_long

PYTHON = "docker.io/library/python:3.11-slim-bookworm"
DEBIAN = "docker.io/library/debian:bookworm-slim"

_LEFT_OUT = ("doc", "man", "locale")
# mmdebstrap leaves the machine's own name and name servers in the image.
_UNNAMED = 'rm -f "$1"/etc/resolv.conf "$1"/etc/hostname'
_AS_OFFICIAL = (
    'rm -f "$1"/usr/lib/python3.11/EXTERNALLY-MANAGED',
    'for name in python python3 python3.11; do ln -sf /usr/bin/python3.11 "$1"/usr/local/bin/$name; done',
    'for name in pip pip3; do ln -sf /usr/bin/pip3 "$1"/usr/local/bin/$name; done',
)
# Without it each apt-get in a Dockerfile leaves its downloads behind; Debian's official images have it too.
_DOCKER_CLEAN = """DPkg::Post-Invoke { "rm -f /var/cache/apt/archives/*.deb /var/cache/apt/*.bin || true"; };
Dir::Cache::pkgcache "";
Dir::Cache::srcpkgcache "";
"""


@dataclass(frozen=True, slots=True)
class Base:
    """What a base image is made of."""

    packages: tuple[str, ...]
    hooks: tuple[str, ...]

    def key(self) -> str:
        """Return what tells it from another recipe for the same name."""
        return digest(part.encode() for part in (*self.packages, *self.hooks, _DOCKER_CLEAN))


BASES = {
    DEBIAN: Base(("ca-certificates",), (_UNNAMED,)),
    PYTHON: Base(
        ("ca-certificates", "netbase", "python3-pip", "python3.11", "python3.11-venv", "tzdata"),
        (_UNNAMED, *_AS_OFFICIAL),
    ),
}


def archive(name: str) -> Path:
    """Return an archive of a base image; it is in buildah's store, too, under its name."""
    packages.ensure(packages.IMAGE_PACKAGES)
    label = f"{name.rpartition('/')[2].replace(':', '-')}-{BASES[name].key()}"
    path = cache_dir() / "images" / f"{label}.tar"
    if not builder.has(name):
        remove(path)
    return made(path, lambda partial: _make(name, label, partial))


def _make(name: str, label: str, path: Path) -> None:
    folder = cache_dir() / "images"
    files, clean = folder / f"{label}.root.tar", folder / "docker-clean"
    recipe = BASES[name]
    run_long(
        [
            "mmdebstrap",
            "--variant=minbase",
            f"--include={','.join(recipe.packages)}",
            *(f"--dpkgopt=path-exclude=/usr/share/{left_out}/*" for left_out in _LEFT_OUT),
            *(f"--customize-hook={hook}" for hook in recipe.hooks),
            "bookworm",
            files,
        ],
        what=f"Making the base image {name} of Debian's packages",
        usually="30 s to 2 min",
        log=cache_dir() / "logs" / f"base-{label}.log",
    )
    clean.write_text(_DOCKER_CLEAN)
    with locked("buildah"):
        builder.commit(name, files, extra={"/etc/apt/apt.conf.d/docker-clean": clean})
        builder.export(name, path)
    files.unlink()
