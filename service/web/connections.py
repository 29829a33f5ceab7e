"""How many connections are held at once, in all and from one address (R60)."""

import ipaddress
from collections import Counter
from collections.abc import Collection
from typing import Final

from service.domain.network import NOWHERE, network_of

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

THIS_MACHINE: Final[tuple[Network, ...]] = (ipaddress.ip_network("127.0.0.0/8"), ipaddress.ip_network("::1"))

REFUSAL: Final = (
    b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 2\r\nCache-Control: no-store\r\n"
    b"Content-Length: 0\r\nConnection: close\r\n\r\n"
)
"""Said at once to one connection too many, before anything of it is read."""


class ConnectionCeilings:
    """Counts connections; those of `uncounted` networks, our proxies and this machine, only towards `at_once`."""

    def __init__(self, *, at_once: int, per_address: int, uncounted: Collection[Network]) -> None:
        self._at_once = at_once
        self._per_address = per_address
        self._uncounted = uncounted
        self._held: Counter[str] = Counter()

    def enter(self, address: str | None) -> str | None:
        """Count one more from `address`; the answer goes to `leave`, None means one too many."""
        counted = self._name(address)
        full = self._held.total() >= self._at_once
        if full or (counted != NOWHERE and self._held[counted] >= self._per_address):
            return None
        self._held[counted] += 1
        return counted

    def leave(self, counted: str) -> None:
        """Count one less; an address without connections is forgotten."""
        self._held[counted] -= 1
        if not self._held[counted]:
            del self._held[counted]

    def _name(self, address: str | None) -> str:
        counted = network_of(address)
        if counted == NOWHERE:
            return NOWHERE
        ip = ipaddress.ip_network(counted).network_address
        return NOWHERE if any(ip in network for network in self._uncounted) else counted
