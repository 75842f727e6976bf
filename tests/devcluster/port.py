"""A port of this machine that is kept for a server which comes and goes."""

import socket


class Port:
    """A free TCP port of an address, which the kernel gives to nobody else before it is closed.

    It is bound, and nobody listens: a server that sets SO_REUSEADDR, as asyncio's do, can take it time after time.
    """

    def __init__(self, host: str) -> None:
        self._socket = socket.socket()
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._socket.bind((host, 0))
        self.number: int = self._socket.getsockname()[1]

    def close(self) -> None:
        """Leave it to whoever comes."""
        self._socket.close()
