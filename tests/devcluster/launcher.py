"""What starts a cluster's first process: new namespaces, and an end when the one that asked for it ends."""

import subprocess
import sys
from pathlib import Path

from tests.devcluster import registry
from tests.devcluster.cache import ROOT, locked
from tests.devcluster.errors import DevclusterError
from tests.devcluster.longrun import tail
from tests.devcluster.process import Process, child_of
from tests.devcluster.spec import state_dir

_NAMESPACES = ["--mount", "--pid", "--net", "--uts", "--ipc", "--fork", "--kill-child=KILL", "--mount-proc"]


def launch(name: str, *, stays: bool) -> tuple[subprocess.Popen[bytes], Process]:
    """Start PID 1 in new namespaces; return its parent, and it. What ended clusters have left goes first."""
    with locked("clusters"):
        for ended in registry.names():
            if registry.holder(ended) is None:
                registry.end(ended)
        if registry.holder(name) is not None:
            raise DevclusterError(f"a cluster named {name} runs already (down --name {name} ends it)")
        state = state_dir(name)
        state.mkdir(parents=True)
        argv = ["unshare", *_NAMESPACES, sys.executable, "-m", "tests.devcluster.inside", name]
        if not stays:
            argv = ["setpriv", "--pdeathsig", "KILL", *argv]
        with (state / "init.log").open("wb") as log:
            launcher = subprocess.Popen(
                argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=ROOT, start_new_session=True
            )
        try:
            init = child_of(launcher.pid)
        except DevclusterError as error:
            launcher.kill()
            raise DevclusterError(f"no namespaces could be made: {tail(state / 'init.log') or error}") from error
        registry.record(name, init)
        return launcher, init


def last_words(state: Path) -> str:
    """Return why a cluster has ended."""
    failed = state / "failed"
    return failed.read_text() if failed.exists() else f"the end of {state / 'init.log'}:\n{tail(state / 'init.log')}"
