"""The command line: up, down, status, env, build, leftovers."""

import argparse
import os
import shlex
import sys
import time

from tests.devcluster import base_images, binaries, packages, registry, torch_environment
from tests.devcluster.cluster import Cluster
from tests.devcluster.errors import DevclusterError


def main() -> int:
    """Run one command; the exit code is 1 if it failed, with one line that says why."""
    arguments = _parser().parse_args()
    try:
        return int(arguments.run(arguments))
    except DevclusterError as error:
        print(f"devcluster: {error}", file=sys.stderr)
        return 1


def _up(arguments: argparse.Namespace) -> int:
    if Cluster.running(arguments.name) is not None:
        print(f"the cluster {arguments.name} runs already")
        return 0
    began = time.monotonic()
    cluster = Cluster.start(
        arguments.name,
        nodes=arguments.nodes,
        gpus=arguments.gpus,
        audit=arguments.audit,
        torch=torch_environment.ensure() if arguments.torch else None,
        stays=True,
        say=lambda line: print(line, flush=True),
    )
    print(f"the cluster {arguments.name} is up after {time.monotonic() - began:.0f} s: {cluster.spec.state}")
    print(f'next: eval "$(python -m tests.devcluster env --name {arguments.name})"; kubectl get nodes')
    return 0


def _down(arguments: argparse.Namespace) -> int:
    registry.end(arguments.name)
    print(f"the cluster {arguments.name} is down")
    return 0


def _status(arguments: argparse.Namespace) -> int:
    cluster = Cluster.running(arguments.name)
    if cluster is None:
        print(f"the cluster {arguments.name} does not run")
        return 1
    print(f"the cluster {arguments.name} runs: {', '.join(cluster.programs())}")
    print(f"kubeconfig {cluster.kubeconfig}; this machine is {cluster.host_address} for its pods")
    print(f"state and logs in {cluster.spec.state}")
    print(cluster.kubectl("get", "nodes", "--output=wide"), end="")
    return 0


def _env(arguments: argparse.Namespace) -> int:
    cluster = Cluster.running(arguments.name)
    if cluster is None:
        raise DevclusterError(f"the cluster {arguments.name} does not run: python -m tests.devcluster up")
    print(f"export KUBECONFIG={shlex.quote(str(cluster.kubeconfig))}")
    print(f'export PATH={shlex.quote(str(binaries.tools()))}:"$PATH"')
    return 0


def _build(arguments: argparse.Namespace) -> int:
    packages.ensure(packages.NODE_PACKAGES, packages.IMAGE_PACKAGES)
    ready = {path.parent for path in binaries.programs().values()}
    ready |= {binaries.tools(), base_images.archive(base_images.PYTHON)}
    if arguments.torch:
        ready.add(torch_environment.ensure())
    print("ready: " + " ".join(sorted(map(str, ready))))
    return 0


def _leftovers(_: argparse.Namespace) -> int:
    found = registry.leftovers()
    for line in found:
        print(line)
    return 1 if found else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.devcluster", description=sys.modules[__package__].__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, run: object, text: str, *, named: bool = True) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=text, description=text)
        added.set_defaults(run=run)
        if named:
            added.add_argument("--name", default=os.environ.get("DEVCLUSTER_NAME", "dev"), help="default: dev")
        return added

    up = command("up", _up, "bring a cluster up; it stays until it is taken down")
    up.add_argument("--nodes", type=int, default=1, help="default: 1")
    up.add_argument("--gpus", type=int, default=0, help="nvidia.com/gpu of each node; nothing is attached to pods")
    up.add_argument("--audit", action="store_true", help="write an audit log")
    command("down", _down, "take a cluster down, if it is up, and remove all of it")
    command("status", _status, "say what runs")
    command("env", _env, "print the shell's settings for kubectl and helm")
    build = command("build", _build, "make everything that is made once a machine", named=False)
    for either in (up, build):
        either.add_argument("--torch", action="store_true", help="with the 5 GB that trainers need")
    command("leftovers", _leftovers, "list what ended clusters have left; exit code 1 if anything", named=False)
    return parser


if __name__ == "__main__":
    sys.exit(main())
