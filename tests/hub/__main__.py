"""Serve local folders as a Hub: `python -m tests.hub --listen 127.0.0.1:8899 --model org/name=DIR`."""

import argparse
import asyncio
import sys
from pathlib import Path

from tests.hub.server import Hub


def main() -> int:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser(prog="python -m tests.hub", description=__doc__)
    parser.add_argument("--listen", metavar="HOST:PORT", default="127.0.0.1:0", help="default: %(default)s")
    parser.add_argument("--model", metavar="ORG/NAME=DIR", action="append", default=[], help="may be given repeatedly")
    parser.add_argument(
        "--dataset", metavar="ORG/NAME=DIR", action="append", default=[], help="may be given repeatedly"
    )
    parser.add_argument("--token", action="append", default=[], help="a token that is accepted")
    arguments = parser.parse_args()
    host, _, port = arguments.listen.rpartition(":")
    hub = Hub(host, int(port), arguments.token)
    for repository in arguments.model:
        hub.add_repo("model", *_split(repository))
    for repository in arguments.dataset:
        hub.add_repo("dataset", *_split(repository))
    try:
        asyncio.run(_serve(hub))
    except KeyboardInterrupt:
        return 130
    return 0


async def _serve(hub: Hub) -> None:
    async with hub:
        print(f"HF_ENDPOINT={hub.url}", flush=True)
        await asyncio.Event().wait()


def _split(repository: str) -> tuple[str, Path]:
    name, _, folder = repository.partition("=")
    return name, Path(folder).resolve(strict=True)


if __name__ == "__main__":
    sys.exit(main())
