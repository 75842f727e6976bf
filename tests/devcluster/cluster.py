"""A cluster seen from outside of its namespaces: start it, use it, take it down."""

import json
import socket
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.devcluster import binaries, cgroup, controlplane, network, packages, pki, registry
from tests.devcluster.errors import DevclusterError
from tests.devcluster.launcher import last_words, launch
from tests.devcluster.node import importing, node_cgroup
from tests.devcluster.process import Process
from tests.devcluster.spec import API_PORT, MAX_NODES, PAUSE_IMAGE, ClusterSpec, load_spec, node_name, state_dir
from tests.devcluster.static_image import write_image

_READY_WITHIN_S = 300.0
_POLL_S = 0.3


@dataclass(frozen=True, slots=True)
class Cluster:
    """A running cluster; leaving its `with` block, or `down`, ends it."""

    spec: ClusterSpec
    init: Process
    """PID 1 of its namespaces."""
    launcher: subprocess.Popen[bytes] | None = None
    """The process that made the namespaces, if it is a child of this one."""

    @classmethod
    def start(
        cls,
        name: str,
        *,
        nodes: int = 1,
        kwok_nodes: int = 0,
        gpus: int = 0,
        audit: bool = False,
        torch: Path | None = None,
        stays: bool = False,
        say: Callable[[str], None] = lambda _: None,
    ) -> Self:
        """Bring a cluster up, building what is missing, and return it with every node Ready.

        `gpus` is each node's capacity of nvidia.com/gpu; `kwok_nodes` only pretend, and their pods succeed after a
        second; `torch` is a virtual environment that containers see at /opt/torch. Unless it `stays`, the cluster ends
        with the thread that called this, however that ends.
        """
        if not 0 <= nodes <= MAX_NODES:
            raise DevclusterError(f"{nodes} nodes: 0 to {MAX_NODES} are possible")
        packages.ensure(packages.NODE_PACKAGES)
        modules = (*binaries.CLUSTER, binaries.KWOK) if kwok_nodes else binaries.CLUSTER
        programs = {program: str(path) for program, path in binaries.programs(modules).items()}
        kubectl = binaries.tools() / "kubectl"
        say("starting the control plane and the nodes")
        launcher, init = launch(name, stays=stays)
        try:
            write_image(PAUSE_IMAGE, Path(programs["pause"]), state_dir(name) / "pause.tar")
            spec = ClusterSpec(
                name=name,
                nodes=nodes,
                kwok_nodes=kwok_nodes,
                gpus=gpus,
                audit=audit,
                programs=programs,
                kubectl=str(kubectl),
                slot=network.link_to_host(init.pid),
                torch=str(torch) if torch else None,
            )
            pki.write_pki(spec)
            cgroup.create(f"{cgroup.root_of(name)}/control-plane")
            for number in range(nodes):
                cgroup.create(node_cgroup(spec, number))
            spec.save()
            cluster = cls(spec, init, launcher)
            cluster._await_api(say)
            cluster._await_nodes(say)
        except BaseException:
            registry.end(name)
            launcher.wait()
            raise
        return cluster

    @classmethod
    def running(cls, name: str) -> Self | None:
        """Return a cluster that was started by another process; None if there is none of that name."""
        init = registry.holder(name)
        return None if init is None else cls(load_spec(name), init)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.down()

    @property
    def kubeconfig(self) -> Path:
        """The administrator's kubeconfig; it works on this machine."""
        return self.spec.kubeconfig("admin")

    @property
    def host_address(self) -> str:
        """An address of this machine that pods can reach."""
        return self.spec.host_address

    @property
    def audit_log(self) -> Path:
        """The audit log: one JSON object a line."""
        return controlplane.audit_log(self.spec)

    def down(self) -> None:
        """End it, and remove everything that belongs to it."""
        registry.end(self.spec.name)
        if self.launcher is not None:
            self.launcher.wait()

    def kubectl(self, *args: str | Path, text: str | None = None) -> str:
        """Run kubectl as administrator and return its output; DevclusterError with what it said if it fails."""
        return packages.output_of(self.spec.kubectl, f"--kubeconfig={self.kubeconfig}", *args, text=text)

    def load(self, archive: Path) -> None:
        """Import an image archive on every node."""
        importers = [
            subprocess.Popen(
                importing(self.spec, number, archive), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
            )
            for number in range(self.spec.nodes)
        ]
        for importer in importers:
            _, complaint = importer.communicate()
            if importer.returncode != 0:
                raise DevclusterError(f"importing {archive}: {complaint.strip()}")

    def stop_program(self, name: str) -> None:
        """Kill one program of the control plane, or a whole node, as a power cut would."""
        self._command("stop", name)

    def start_program(self, name: str) -> None:
        """Start a program that was stopped."""
        self._command("start", name)

    def kill_node(self, number: int) -> None:
        """Kill a node with everything on it; start_program brings it back with its disk."""
        self.stop_program(node_name(number))

    def programs(self) -> list[str]:
        """Return the names of the programs and nodes that run."""
        return sorted(json.loads((self.spec.state / "running.json").read_text()))

    def set_capacity(self, number: int, resource: str, amount: int) -> None:
        """Give a node an extended resource, as a device plug-in would; nothing is attached to pods."""
        key = resource.replace("/", "~1")
        patch = [
            {"op": "add", "path": f"/status/{table}/{key}", "value": str(amount)}
            for table in ("capacity", "allocatable")
        ]
        self.kubectl(
            "patch", "node", node_name(number), "--subresource=status", "--type=json", f"--patch={json.dumps(patch)}"
        )

    def _command(self, verb: str, name: str) -> None:
        with (self.spec.state / "control").open("w") as control:
            control.write(f"{verb} {name}\n")
        deadline = time.monotonic() + _READY_WITHIN_S
        while (name in self.programs()) != (verb == "start"):
            self._check(deadline, f"{verb} {name}")
            time.sleep(_POLL_S)

    def _await_api(self, say: Callable[[str], None]) -> None:
        deadline = time.monotonic() + _READY_WITHIN_S
        while not (self.spec.state / "api-ready").exists():
            self._check(deadline, "the API server's start")
            time.sleep(_POLL_S)
        try:
            socket.create_connection((self.spec.api_address, API_PORT), timeout=5).close()
        except OSError as error:
            raise DevclusterError(
                f"the API server is ready, but this machine does not reach it at {self.spec.api_address}:{API_PORT} "
                f"({error}): a packet filter or a route of this machine stands in the way"
            ) from error
        say("the API server is ready; waiting for the nodes")

    def _await_nodes(self, say: Callable[[str], None]) -> None:
        deadline = time.monotonic() + _READY_WITHIN_S
        nodes = self.spec.nodes + self.spec.kwok_nodes
        ready = "--output=jsonpath={.items[*].status.conditions[?(@.type=='Ready')].status}"
        while self.kubectl("get", "nodes", ready).split().count("True") < nodes:
            self._check(deadline, "the nodes' start")
            time.sleep(_POLL_S)
        for number in range(self.spec.nodes if self.spec.gpus else 0):
            self.set_capacity(number, "nvidia.com/gpu", self.spec.gpus)
        while "default" not in self.kubectl("get", "serviceaccounts", "-n", "default", "-o", "name"):
            self._check(deadline, "the first service account")
            time.sleep(_POLL_S)
        say(f"{nodes} nodes are Ready")

    def _check(self, deadline: float, what: str) -> None:
        if not self.init.is_alive():
            raise DevclusterError(f"the cluster has ended: {last_words(self.spec.state)}")
        if time.monotonic() > deadline:
            raise DevclusterError(f"{what} took more than {_READY_WITHIN_S:.0f} s; logs: {self.spec.state / 'logs'}")
