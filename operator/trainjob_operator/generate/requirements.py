"""Writes ``requirements.txt`` from ``requirements.in``: the same pins, with the hashes of wheels that images may take.

``uv`` says in a lock file which files an index has of each pin. Of these only wheels for CPython 3.11 on Linux count,
x86_64 and aarch64, with Debian bookworm's C library: nothing is built when an image is.
"""

import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from packaging.tags import Tag, compatible_tags, cpython_tags
from packaging.utils import parse_wheel_filename

HEAD = "# Written by `make requirements` from {source}, where the reasons are: change that.\n"
_PYTHON = (3, 11)
_MACHINES = ("x86_64", "aarch64")
# glibc of Debian bookworm; manylinux1, 2010 and 2014 are 2.5, 2.12 and 2.17.
_GLIBC = range(36, 4, -1)
_LEGACY = ("manylinux2014", "manylinux2010", "manylinux1", "linux")


class NoWheelError(Exception):
    """A pin has no wheel that an image could take."""


def render(lock: Mapping[str, Any], source: str) -> str:
    """Write the pins of a lock file (PEP 751) with hashes for pip, in its order.

    Raises:
        NoWheelError: one of them would have to be built.
    """
    wanted = _tags()
    lines = [HEAD.format(source=source)]
    for package in lock["packages"]:
        pin = f"{package['name']}=={package['version']}"
        hashes = sorted(wheel["hashes"]["sha256"] for wheel in package.get("wheels", ()) if _fits(wheel, wanted))
        if not hashes:
            raise NoWheelError(f"{pin} has no wheel for Python 3.11 on Linux")
        lines.append(" \\\n    ".join((pin, *(f"--hash=sha256:{one}" for one in hashes))) + "\n")
    return "".join(lines)


def write(uv: Path, source: Path) -> None:
    """Write the file beside a source; the index is the one that uv is set up with.

    Universal is what is for any machine: without it uv leaves out the wheels that are not for this one.
    """
    with tempfile.TemporaryDirectory() as folder:
        lock = Path(folder) / "pylock.toml"
        subprocess.run(
            [
                *(uv, "pip", "compile", "--quiet", "--universal", "--no-deps", "--format", "pylock.toml"),
                *("--python-version", ".".join(map(str, _PYTHON)), "--output-file", lock, source),
            ],
            check=True,
        )
        text = render(tomllib.loads(lock.read_text(encoding="utf-8")), source.name)
    source.with_suffix(".txt").write_text(text, encoding="utf-8")


def main(arguments: Sequence[str]) -> None:
    """Write the files of all sources that are named, with the uv that is named first."""
    uv, *sources = map(Path, arguments)
    for source in sources:
        write(uv, source)


def _tags() -> frozenset[Tag]:
    platforms = [
        f"{name}_{machine}"
        for machine in _MACHINES
        for name in (*(f"manylinux_2_{minor}" for minor in _GLIBC), *_LEGACY)
    ]
    return frozenset((*cpython_tags(_PYTHON, platforms=platforms), *compatible_tags(_PYTHON, "cp311", platforms)))


def _fits(wheel: Mapping[str, Any], wanted: frozenset[Tag]) -> bool:
    name = wheel.get("name") or unquote(str(wheel["url"]).rpartition("/")[2])
    _, _, _, tags = parse_wheel_filename(str(name))
    return not tags.isdisjoint(wanted)


if __name__ == "__main__":
    main(sys.argv[1:])
