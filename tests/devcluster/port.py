"""A port of this machine that is kept for a server which comes and goes."""

import socket
from types import TracebackType
from typing import Self


class Port:
    """A free TCP port of an address, which the kernel gives to nobody else before it is let go.

    It is bound, and nobody listens: a server that sets SO_REUSEADDR, as asyncio's do, can take it time after time.
    """

    def __init__(self, host: str) -> None:
        self._socket = socket.socket()
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._socket.bind((host, 0))
        self.number: int = self._socket.getsockname()[1]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.let_go()

    def let_go(self) -> None:
        """Leave it to whoever comes."""
        self._socket.close()
