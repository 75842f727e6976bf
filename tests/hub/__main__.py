"""Serve local folders as a Hub: `python -m tests.hub --listen 127.0.0.1:8899 --model org/name=DIR`."""

import argparse
import asyncio
import os
import sys
from pathlib import Path

from tests.hub.server import Hub


def main() -> int:
    """Serve until interrupted, or until a process ends."""
    parser = argparse.ArgumentParser(prog="python -m tests.hub", description=__doc__)
    parser.add_argument("--listen", metavar="HOST:PORT", default="127.0.0.1:0", help="default: %(default)s")
    parser.add_argument("--model", metavar="ORG/NAME=DIR", action="append", default=[], help="may be given repeatedly")
    parser.add_argument(
        "--dataset", metavar="ORG/NAME=DIR", action="append", default=[], help="may be given repeatedly"
    )
    parser.add_argument("--token", action="append", default=[], help="a token that is accepted")
    parser.add_argument("--until-end-of", metavar="PID", type=int, help="end with this process")
    arguments = parser.parse_args()
    host, _, port = arguments.listen.rpartition(":")
    hub = Hub(host, int(port), arguments.token)
    for repository in arguments.model:
        hub.add_repo("model", *_split(repository))
    for repository in arguments.dataset:
        hub.add_repo("dataset", *_split(repository))
    try:
        asyncio.run(_serve(hub, arguments.until_end_of))
    except KeyboardInterrupt:
        return 130
    return 0


async def _serve(hub: Hub, until_end_of: int | None) -> None:
    ended = asyncio.Event()
    if until_end_of is not None:
        asyncio.get_running_loop().add_reader(os.pidfd_open(until_end_of), ended.set)
    async with hub:
        print(f"HF_ENDPOINT={hub.url}", flush=True)
        await ended.wait()


def _split(repository: str) -> tuple[str, Path]:
    name, _, folder = repository.partition("=")
    return name, Path(folder).resolve(strict=True)


if __name__ == "__main__":
    sys.exit(main())
