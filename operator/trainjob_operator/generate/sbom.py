"""A bill of materials in CycloneDX's JSON, of the packages that requirements pin; same input, same bytes."""

import re
from collections.abc import Iterable
from typing import Any

_PIN = re.compile(r"^(?P<name>[A-Za-z0-9][\w.-]*)(?:\[[^\]]*\])?==(?P<version>[^\s;]+)", re.MULTILINE)
_SEPARATORS = re.compile(r"[-_.]+")

Bill = dict[str, Any]


def bill_of_materials(image: str, version: str, requirements: Iterable[str]) -> Bill:
    """List what is in an image beside its base; of texts that pin one package, the last counts, as for pip."""
    pins = {
        _SEPARATORS.sub("-", pin["name"]).lower(): pin["version"]
        for text in requirements
        for pin in _PIN.finditer(text)
    }
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": {"type": "container", "bom-ref": image, "name": image, "version": version}},
        "components": [_component(name, pinned) for name, pinned in sorted(pins.items())],
        "dependencies": [
            {"ref": image, "dependsOn": [_url(name, pinned) for name, pinned in sorted(pins.items())]},
        ],
    }


def _component(name: str, version: str) -> Bill:
    url = _url(name, version)
    return {"type": "library", "bom-ref": url, "name": name, "version": version, "purl": url}


def _url(name: str, version: str) -> str:
    """Give the package URL; a local version's plus sign is written as the specification of those wants it."""
    return f"pkg:pypi/{name}@{version.replace('+', '%2B')}"
