"""Makes the operator's `models.yaml` from the wheel: `make models`."""

import json
import subprocess
from pathlib import Path

from tests.devcluster import torch_environment

from trainjob_operator.generate.models import extract_models, to_yaml
from trainjob_operator.torchtune import models

DATA = Path(models.__file__).with_suffix(".yaml")


def made() -> str:
    """Return what the file should hold."""
    environment = torch_environment.ensure()
    found = extract_models(environment / "lib" / "python3.11" / "site-packages")
    builders = [model["builder"] for model in found.values()]
    done = subprocess.run(
        [environment / "bin" / "python", Path(__file__).with_name("count_parameters.py")],
        input=json.dumps(builders),
        capture_output=True,
        text=True,
        check=True,
        env={"PATH": "/usr/bin:/bin"},
    )
    counts = json.loads(done.stdout.splitlines()[-1])
    return to_yaml(
        {name: model | {"parameters": count} for (name, model), count in zip(found.items(), counts, strict=True)}
    )


if __name__ == "__main__":
    DATA.write_text(made(), encoding="utf-8")
