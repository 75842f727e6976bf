"""buildah with a store of its own in the cache: builds, imports and exports images without a daemon."""

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

from tests.devcluster.cache import cache_dir
from tests.devcluster.longrun import run_long
from tests.devcluster.packages import output_of

# Where a machine says which certificate authorities it trusts beyond the usual ones.
_AUTHORITIES = ("PIP_CERT", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE")


def build(
    name: str, dockerfile: Path, context: Path, *, target: str | None = None, arguments: Sequence[str] = ()
) -> None:
    """Build an image from a Dockerfile; what it needs beyond the local store and the package indexes fails."""
    options = [f"--build-arg={argument}" for argument in arguments]
    options += [f"--target={target}"] if target else []
    options += [f"--secret=id=ca,src={os.environ[key]}" for key in _AUTHORITIES if os.environ.get(key)][:1]
    run_long(
        [
            *_buildah("bud"),
            *("--isolation=chroot", "--layers", "--format=docker", "--pull-never"),
            *options,
            f"--tag={name}",
            f"--file={dockerfile}",
            context,
        ],
        what=f"Building the image {name}",
        usually="30 s",
        log=cache_dir() / "logs" / f"image-{_label(name)}.log",
        env=_environment(),
    )


def commit(name: str, files: Path, *, extra: dict[str, Path]) -> None:
    """Make an image of a tar archive of a root filesystem, and of files at other places in it."""
    container = _run("from", "scratch").strip()
    _run("add", container, files, "/")
    for place, file in extra.items():
        _run("copy", container, file, place)
    _run("config", "--cmd=bash", "--env=LANG=C.UTF-8", container)
    _run("commit", "--rm", "--format=docker", container, name)


def export(name: str, archive: Path) -> None:
    """Write an image as an archive that containerd imports under its name."""
    _run("push", name, f"docker-archive:{archive}:{name}")


def has(name: str) -> bool:
    """Tell whether an image is in the store."""
    known = subprocess.run(
        [*_buildah("inspect"), "--type=image", name], env=_environment(), capture_output=True, check=False
    )
    return known.returncode == 0


def _run(command: str, *arguments: str | Path) -> str:
    return output_of(*_buildah(command), *arguments, env=_environment())


def _buildah(command: str) -> list[str]:
    store = cache_dir() / "buildah"
    return ["buildah", "--root", f"{store}/root", "--runroot", f"{store}/run", "--storage-driver", "overlay", command]


def _environment() -> dict[str, str]:
    temporary = cache_dir() / "buildah" / "tmp"
    temporary.mkdir(parents=True, exist_ok=True)
    return os.environ | {"TMPDIR": str(temporary)}


def _label(name: str) -> str:
    return name.rpartition("/")[2].replace(":", "-")
