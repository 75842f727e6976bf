"""What a release consists of, made without a network: ``python -m trainjob_operator.generate.release dist``.

Wheel, Helm chart, notes and a bill of materials of each image. The images are not built: the commands for that are
printed, and what is to be pushed.
"""

import argparse
import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from trainjob_operator import __version__
from trainjob_operator.generate.changelog import section_of
from trainjob_operator.generate.sbom import bill_of_materials
from trainjob_operator.generate.version import CHANGELOG

REGISTRY = "ghcr.io/trainjob-operator"


@dataclass(frozen=True, slots=True)
class Image:
    """A container image: its folder in ``images``, and what makes it one of several from there."""

    name: str
    folder: str
    variant: str = ""
    target: str = ""

    @property
    def tag(self) -> str:
        """The full name."""
        return f"{REGISTRY}/{self.name}:{__version__}{f'-{self.variant}' if self.variant else ''}"

    @property
    def label(self) -> str:
        """A name for files."""
        return f"{self.name}-{self.variant}" if self.variant else self.name

    @property
    def build(self) -> str:
        """The command that builds it, at the repository's root."""
        options = (f" --target {self.target}" if self.target else "") + (
            f" --build-arg VARIANT={self.variant}" if self.variant else ""
        )
        return f"docker build -f images/{self.folder}/Dockerfile -t {self.tag}{options} ."

    def requirements(self, root: Path) -> list[str]:
        """Give the texts that pin its packages."""
        folder = root / "images" / self.folder
        files = [folder / "requirements.txt", *([folder / f"variants/{self.variant}.txt"] if self.variant else [])]
        return [file.read_text(encoding="utf-8") for file in files]


IMAGES = (
    Image("operator", "operator"),
    Image("initializer", "initializer"),
    Image("torchtune", "torchtune"),
    Image("torchtune-cpu", "torchtune", target="torchtune-cpu"),
    Image("torchtune", "torchtune", variant="qat-lora"),
    Image("torchtune", "torchtune", variant="evaluation"),
)


def make_release(root: Path, folder: Path) -> list[str]:
    """Make all files of a release in a new folder, and return the lines that say what is left to do.

    Raises:
        FileExistsError: the folder is there already.
        ValueError: the changelog says nothing of this version.
        CalledProcessError: the wheel or the chart cannot be built; it has said why.
    """
    notes = section_of((root / CHANGELOG).read_text(encoding="utf-8"), __version__)
    folder.mkdir(parents=True)
    (folder / "NOTES.md").write_text(notes, encoding="utf-8")
    for image in IMAGES:
        bill = bill_of_materials(f"{REGISTRY}/{image.name}", image.tag.rpartition(":")[2], image.requirements(root))
        text = json.dumps(bill, indent=2) + "\n"
        (folder / f"sbom-{image.label}.cdx.json").write_text(text, encoding="utf-8")
    for argv in (
        [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)],
        ["helm", "package", "manifests/chart", "--destination", str(folder)],
    ):
        subprocess.run(argv, cwd=root, check=True, stdout=subprocess.DEVNULL)
    files = " ".join(f"{folder.name}/{file.name}" for file in sorted(folder.iterdir()) if file.suffix != ".md")
    chart = next(folder.glob("*.tgz")).name
    return [
        "# images",
        *(image.build for image in IMAGES),
        *(f"docker push {image.tag}" for image in IMAGES),
        "# chart",
        f"helm push {folder.name}/{chart} oci://{REGISTRY}/charts",
        "# tag, and files for its page",
        f"git tag --sign v{__version__} --cleanup=verbatim --file={folder.name}/NOTES.md",
        f"git push origin v{__version__}",
        f"gh release create v{__version__} --notes-file {folder.name}/NOTES.md {files}",
    ]


def main() -> int:
    """Make the release, and print what is left to do."""
    parser = argparse.ArgumentParser(prog="python -m trainjob_operator.generate.release", description=main.__doc__)
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    try:
        left = make_release(Path.cwd(), folder.resolve())
    except (ValueError, OSError, subprocess.CalledProcessError) as error:
        print(f"release: {error}", file=sys.stderr)
        return 1
    print(f"Made in {folder}: {', '.join(sorted(file.name for file in folder.iterdir()))}.")
    print("Left to do:\n")
    print("\n".join(left))
    return 0


if __name__ == "__main__":
    sys.exit(main())
