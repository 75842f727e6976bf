"""How much the endpoint does for callers whom it does not know yet, each address for itself.

To find out who somebody is costs a request to the API server. An address that shows token after token pays for its own,
and waits behind its own: trainers, who call from other addresses, never do.
"""

import asyncio
from collections import OrderedDict
from dataclasses import dataclass, field

_BURST = 64.0
_A_SECOND = 2.0
_GOOD_COSTS = 1 / 16  # many trainers may share one address, where a mesh or a gateway is between
_AT_A_TIME = 2
_MOST_REMEMBERED = 4096


@dataclass(slots=True)
class Peer:
    """An address that asked.

    Attributes:
        left: reviews that it may still ask for at once, as of ``at``.
        turns: held by those that are under way or next.
    """

    left: float
    at: float
    turns: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_AT_A_TIME))

    def charge(self, now: float) -> float:
        """Take one review; return 0, or the seconds until there is one to take."""
        self.left = min(_BURST, self.left + (now - self.at) * _A_SECOND)
        self.at = now
        if self.left < 1:
            return (1 - self.left) / _A_SECOND
        self.left -= 1
        return 0.0

    def refund(self) -> None:
        """Give back most of what a token cost that was good."""
        self.left += 1 - _GOOD_COSTS


@dataclass(slots=True)
class Peers:
    """The addresses that asked last. One that is forgotten may begin anew, so that many cannot lock others out."""

    _peers: OrderedDict[str, Peer] = field(default_factory=OrderedDict, init=False)

    def __len__(self) -> int:
        return len(self._peers)

    def at(self, address: str, now: float) -> Peer:
        """Return who calls from an address."""
        peer = self._peers.get(address) or Peer(_BURST, now)
        self._peers[address] = peer
        self._peers.move_to_end(address)
        if len(self._peers) > _MOST_REMEMBERED:
            self._peers.popitem(last=False)
        return peer
