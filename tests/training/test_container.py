"""A container ends with the process that started it, however that ends: nothing trains on after Ctrl-C."""

import subprocess
import sys
from pathlib import Path

from tests.cluster.waiting import eventually
from tests.devcluster.cache import ROOT
from tests.devcluster.process import process

# The launcher waits for a first node that never comes, and its PID is told once it does.
HOLDER = """
import sys, time
from pathlib import Path
from tests.training.container import Container
volume = Path(sys.argv[1])
container = Container(volume, volume, volume, {"TRAINJOB_RENDEZVOUS_TIMEOUT": "600"})
launcher = container.start(["run", "--rdzv_endpoint=nobody.invalid:29500", "mine", "--config", "none"])
launcher.stdout.readline()
print(launcher.pid, flush=True)
time.sleep(600)
"""


def test_it_ends_with_the_process_that_started_it(tmp_path: Path) -> None:
    (tmp_path / "mine.py").touch()
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, tmp_path], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        launcher = process(int(holder.stdout.readline()))
        assert launcher is not None
        holder.kill()

    eventually(lambda: not launcher.is_alive())
