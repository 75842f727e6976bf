"""The launcher as a trainer's container runs it: a process in torch's environment, with a volume and an environment."""

import os
import re
import shutil
import signal
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from tests.devcluster import torch_environment
from tests.devcluster.cache import ROOT
from tests.models import store, tiny_overrides

PACKAGE = ROOT / "images" / "torchtune"
# A hung run is to fail with its log, not to be late: loaded machines take several times what idle ones do.
_PATIENCE_SECONDS = 900
_ENDS_WITH_US = (shutil.which("setpriv") or "setpriv", "--pdeathsig", "TERM")  # however we end; becomes the launcher


@dataclass(frozen=True, slots=True)
class Outcome:
    """What is left of a run: the exit code, the log, the termination message."""

    code: int
    lines: list[str]
    termination: str


@dataclass(frozen=True, slots=True)
class Container:
    """Where the launcher runs; `variables` come on top of what the image and the runtimes set."""

    volume: Path
    model: Path
    dataset: Path
    variables: dict[str, str] = field(default_factory=dict)

    @property
    def output(self) -> Path:
        """Where the result goes."""
        return self.volume / "output"

    @property
    def logged(self) -> list[dict[str, float]]:
        """What TorchTune's logger wrote of each step: `loss`, `lr`, ... by name."""
        lines = (self.output / "logs" / "train.log").read_text().splitlines()
        return [
            {name: float(value) for name, value in re.findall(r"(\w+):(\S+)", line)}
            for line in lines
            if line.startswith("Step ")
        ]

    @property
    def losses(self) -> list[float]:
        """The loss of each step."""
        return [step["loss"] for step in self.logged]

    def tiny(self, recipe: str, config: str, *more: str, torchrun: tuple[str, ...] = ()) -> list[str]:
        """Return the words after `tune` that train the tiny model, with `more` overrides after those that it needs."""
        needed = tiny_overrides.overrides(self.model, self.dataset, self.output, lora="lora" in recipe)
        names = ("dtype=fp32", "seed=7", "metric_logger.filename=train.log", "log_peak_memory_stats=False")
        return ["run", *torchrun, recipe, "--config", config, *needed, *names, *more]

    def start(self, words: list[str]) -> subprocess.Popen[str]:
        """Start the launcher, as the first process of a session of its own; its log comes through a pipe."""
        message = self.volume / "termination-log"
        message.write_text("")
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.volume / ".home"),
            "PYTHONPATH": str(PACKAGE),
            "PYTHONDONTWRITEBYTECODE": "1",
            "CUDA_VISIBLE_DEVICES": "",
            "HF_HUB_OFFLINE": "1",
            "TRAINJOB_CPU_SHIM": str(PACKAGE / "cpu"),
            "TERMINATION_MESSAGE_PATH": str(message),
        }
        return subprocess.Popen(
            [*_ENDS_WITH_US, torch_environment.ensure() / "bin" / "python", "-m", "trainjob_torchtune", *words],
            env=environment | self.variables,
            cwd=self.volume,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def finish(self, process: subprocess.Popen[str]) -> Outcome:
        """Wait for the launcher's end, with what is still to be read of its log."""
        try:
            log, _ = process.communicate(timeout=_PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGTERM)
            raise
        return Outcome(process.returncode, log.splitlines(), (self.volume / "termination-log").read_text())

    def run(self, words: list[str]) -> Outcome:
        """Run the launcher to its end."""
        return self.finish(self.start(words))


def tiny_container(volume: Path, **variables: str) -> Container:
    """Return a container with the tiny model and its data set."""
    volume.mkdir(parents=True, exist_ok=True)
    source = store.tiny()
    return Container(volume, source / "model", source / "dataset", variables)
