import asyncio
import socket
from contextlib import closing

import pytest
from tests.devcluster.port import Port

HOST = "127.0.0.1"


async def serve_once(port: int) -> None:
    server = await asyncio.start_server(lambda _, writer: writer.close(), HOST, port)
    async with server:
        reader, writer = await asyncio.open_connection(HOST, port)
        assert await reader.read() == b""
        writer.close()
        await writer.wait_closed()


async def test_a_server_can_come_back_to_its_port() -> None:
    with closing(Port(HOST)) as port:
        await serve_once(port.number)
        await serve_once(port.number)


def test_nobody_else_is_given_it() -> None:
    with closing(Port(HOST)) as port, socket.socket() as other:
        with pytest.raises(OSError, match="in use"):
            other.bind((HOST, port.number))
        port.close()
        other.bind((HOST, port.number))
