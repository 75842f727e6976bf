"""What the cluster needs from Debian, and how it gets there."""

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from tests.devcluster.cache import cache_dir, locked
from tests.devcluster.errors import DevclusterError
from tests.devcluster.longrun import run_long

NODE_PACKAGES = {
    "containerd": "containerd",
    "runc": "runc",
    "/usr/lib/cni/bridge": "containernetworking-plugins",
    "ip": "iproute2",
    "nft": "nftables",
    "conntrack": "conntrack",
}
IMAGE_PACKAGES = {"mmdebstrap": "mmdebstrap", "buildah": "buildah"}
PYTHON_PACKAGES = {"/usr/bin/python3.11": "python3.11", "/usr/lib/python3.11/ensurepip": "python3.11-venv"}


def ensure(*tables: dict[str, str]) -> None:
    """Install the Debian packages of programs and files that are missing; DevclusterError if that cannot be done."""
    if os.geteuid() != 0:
        raise DevclusterError("the embedded cluster needs root (namespaces, mounts, cgroups): run it with sudo -E")
    os.environ["PATH"] = f"{os.environ.get('PATH', '')}:/usr/local/sbin:/usr/sbin:/sbin"
    wanted = {probe: package for table in tables for probe, package in table.items()}
    missing = _missing(wanted)
    if not missing:
        return
    by_hand = f"apt-get install --no-install-recommends {' '.join(missing)}"
    if shutil.which("apt-get") is None:
        raise DevclusterError(f"missing here, and there is no apt-get to install it (on Debian: {by_hand})")
    log = cache_dir() / "logs" / "apt.log"
    env = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    with locked("apt"):
        run_long(["apt-get", "update"], what="Reading Debian's package lists", usually="10 s", log=log, env=env)
        run_long(
            ["apt-get", "install", "--yes", "--no-install-recommends", *missing],
            what=f"Installing {', '.join(missing)}",
            usually="30 s",
            log=log,
            env=env,
        )
    if _missing(wanted):
        raise DevclusterError(f"still missing after the installation, see {log}; by hand: {by_hand}")


def output_of(
    *argv: str | Path, text: str | None = None, cwd: Path | None = None, env: Mapping[str, str] | None = None
) -> str:
    """Run a short command and return its output; DevclusterError with what it said if it fails."""
    done = subprocess.run(argv, input=text, capture_output=True, text=True, cwd=cwd, env=env, check=False)
    if done.returncode != 0:
        raise DevclusterError(f"{' '.join(map(str, argv))}: {(done.stderr or done.stdout).strip()}")
    return done.stdout


def _missing(wanted: dict[str, str]) -> list[str]:
    return sorted({package for probe, package in wanted.items() if not _is_there(probe)})


def _is_there(probe: str) -> bool:
    return Path(probe).exists() if probe.startswith("/") else shutil.which(probe) is not None
