"""Writes the CustomResourceDefinitions: ``python -m trainjob_operator.generate.crds FOLDER``, which is ``crds/``."""

import argparse
import json
from pathlib import Path

import yaml

from trainjob_operator.api.kubernetes import Schema
from trainjob_operator.api.schema import custom_resource_definitions

HEADER = "# Generated from the models in operator/trainjob_operator/api by `make crds`; do not edit.\n"


def to_yaml(crd: Schema) -> str:
    """Write a CustomResourceDefinition as YAML; same models, same bytes."""
    unshared = json.loads(json.dumps(crd))  # or the YAML would have anchors
    return HEADER + yaml.safe_dump(unshared, sort_keys=False, width=1000)


def main() -> None:
    """Write the CustomResourceDefinitions into a folder."""
    parser = argparse.ArgumentParser(prog="python -m trainjob_operator.generate.crds", description=main.__doc__)
    parser.add_argument("folder", type=Path)
    folder: Path = parser.parse_args().folder
    for name, crd in custom_resource_definitions().items():
        (folder / name).write_text(to_yaml(crd))


if __name__ == "__main__":
    main()
