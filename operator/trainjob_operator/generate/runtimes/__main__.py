"""Writes the bundled runtimes: ``python -m trainjob_operator.generate.runtimes FOLDER``, which is ``runtimes/``.

Those that are kept by hand in the same folder stay; the kustomization and the table in the README list both.
"""

import argparse
from pathlib import Path

from trainjob_operator.generate.runtimes.blueprint import blueprints
from trainjob_operator.generate.runtimes.manifest import to_yaml
from trainjob_operator.generate.runtimes.table import replace_table
from trainjob_operator.plain_yaml import load

_KUSTOMIZATION = "kustomization.yaml"
_HEADER = """\
# Made by `make runtimes`; do not edit.
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources:
"""


def main() -> None:
    """Write all files."""
    parser = argparse.ArgumentParser(prog="python -m trainjob_operator.generate.runtimes", description=main.__doc__)
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    for runtime in blueprints():
        (folder / f"{runtime.name}.yaml").write_text(to_yaml(runtime), encoding="utf-8")
    files = sorted(file for file in folder.glob("*.yaml") if file.name != _KUSTOMIZATION)
    lines = "".join(f"  - {file.name}\n" for file in files)
    (folder / _KUSTOMIZATION).write_text(_HEADER + lines, encoding="utf-8")
    readme = folder / "README.md"
    manifests = [load(file.read_text(encoding="utf-8")) for file in files]
    readme.write_text(replace_table(readme.read_text(encoding="utf-8"), manifests), encoding="utf-8")


if __name__ == "__main__":
    main()
