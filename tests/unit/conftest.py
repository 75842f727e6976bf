"""What unit tests share: an API server that nobody is, and the command line."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.factories.terminal import Terminal

from trainjob_operator.controller.kube.client import KubeClient
from trainjob_operator.controller.kube.connection import Connection
from trainjob_operator.controller.kube.transport import Transport
from trainjob_operator.controller.telemetry.metrics import Metrics


@pytest.fixture
async def nobody() -> AsyncIterator[KubeClient]:
    """The API server of those who should not ask it, or who get no answer."""
    async with Transport(Connection("http://127.0.0.1:1", tls=None), Metrics()) as transport:
        yield KubeClient(transport)


@pytest.fixture
def terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Terminal:
    return Terminal(tmp_path, capsys)
