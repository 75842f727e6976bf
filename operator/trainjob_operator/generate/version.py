"""The version, which `trainjob_operator.__version__` says, in the files that cannot ask for it.

python -m trainjob_operator.generate.version            # print it
python -m trainjob_operator.generate.version 0.2.0      # set it, and begin its section in the changelog
"""

import argparse
import re
import sys
from datetime import UTC, datetime
from pathlib import Path

from trainjob_operator import __version__
from trainjob_operator.generate.changelog import begin_section

SOURCE = "operator/trainjob_operator/__init__.py"
PLACES = (
    SOURCE,
    "images/initializer/Dockerfile",
    "images/initializer/README.md",
    "images/initializer/pyproject.toml",
    "images/operator/Dockerfile",
    "images/operator/README.md",
    "images/torchtune/Dockerfile",
    "images/torchtune/README.md",
    "images/torchtune/pyproject.toml",
    "manifests/base/kustomization.yaml",
    "manifests/base/operator.yaml",
    "manifests/chart/Chart.yaml",
    "manifests/examples/evaluate.yaml",
    "manifests/public/kustomization.yaml",
    "manifests/public/public.yaml",
    "operator/README.md",
    "runtimes/torch-distributed.yaml",
    "runtimes/torchtune-smollm2-135m.yaml",
)
"""Every file that a person wrote and that says the version; what `make` writes follows them."""

CHANGELOG = "CHANGELOG.md"
_BEFORE = (
    r"trainjob-operator/[\w-]+:|^(?:__)?version(?:__)? = \"|\b(?:version|appVersion|trainjob_operator_version): \"?"
)
"""What stands in front of it: the same number may be that of something else."""

_FORM = re.compile(r"\d+\.\d+\.\d+(-rc\.\d+)?")
"""What both Helm (SemVer) and Python (PEP 440) take."""


def set_version(root: Path, old: str, new: str) -> None:
    """Write a version in place of another in all files that say it.

    Raises:
        ValueError: it has no form that Helm and Python both take, or a file does not say the old one.
    """
    if not _FORM.fullmatch(new):
        raise ValueError(f"{new} is no version that Helm and Python both take: write 1.2.3 or 1.2.3-rc.1")
    known = re.compile(rf"({_BEFORE}){re.escape(old)}(?!\.?\w)", re.MULTILINE)
    texts = {place: known.subn(rf"\g<1>{new}", (root / place).read_text(encoding="utf-8")) for place in PLACES}
    if without := [place for place, (_, count) in texts.items() if count == 0]:
        raise ValueError(f"{', '.join(without)}: the version {old} is not there")
    for place, (text, _) in texts.items():
        (root / place).write_text(text, encoding="utf-8")


def main() -> int:
    """Print the version, or set it."""
    parser = argparse.ArgumentParser(prog="python -m trainjob_operator.generate.version", description=main.__doc__)
    parser.add_argument("version", nargs="?", help="the new one")
    version = parser.parse_args().version
    if version is None:
        print(__version__)
        return 0
    root = Path.cwd()
    changelog = root / CHANGELOG
    try:
        set_version(root, __version__, version)
        text = changelog.read_text(encoding="utf-8")
        changelog.write_text(begin_section(text, version, datetime.now(UTC).date()), encoding="utf-8")
    except ValueError as error:
        print(f"version: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
