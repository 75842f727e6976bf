"""What an operator costs that has nothing to do."""

import asyncio

from tests.bench.testbed import Testbed
from tests.bench.window import Usage, Window
from tests.devcluster.operator_process import OperatorProcess

_SETTLE = 15.0


async def idle(bed: Testbed, operator: OperatorProcess | None, seconds: float) -> Usage:
    """Do nothing, and measure that."""
    await asyncio.sleep(_SETTLE)
    window = Window(bed, operator)
    await asyncio.sleep(seconds)
    return window.end()
