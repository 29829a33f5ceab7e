"""Where webhooks may lead: to addresses that the whole world can reach, and to those that the operator allows.

A name is resolved once, for the connection itself, and what it resolves to is judged then: a name that changes its
address between two look-ups gains nothing (threats 31).
"""

import asyncio
import ipaddress
import socket
from collections.abc import Sequence
from typing import Final

from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from service.domain.network import Address, address_of

Networks = Sequence[ipaddress.IPv4Network | ipaddress.IPv6Network]

_CARRIERS: Final[Networks] = [
    ipaddress.ip_network(network) for network in ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32")
]
"""IPv6 networks (NAT64, 6to4, Teredo) whose addresses lead to IPv4 ones, private ones too."""

_LOCALHOST: Final = ipaddress.IPv4Address("127.0.0.1")


class AddressRefused(OSError):
    """The place is not one that webhooks may lead to."""


def is_open(address: Address, allowed: Networks) -> bool:
    """Whether a webhook may lead to this address."""
    if any(address in network for network in allowed):
        return True
    carried = any(address in network for network in _CARRIERS)
    return address.is_global and not address.is_multicast and not carried


def url_fault(text: str, allowed: Networks) -> str | None:
    """What is wrong with a webhook's URL, as far as that can be seen without asking anybody."""
    try:
        url = URL(text)
        host, port = url.host, url.port
    except ValueError:
        return "is no URL"
    if url.scheme not in {"https", "http"} or not host or not port:
        return "must be an https URL"
    if url.user or url.password or url.fragment:
        return "no user name, password or fragment may stand in it"
    address = _LOCALHOST if host == "localhost" else address_of(host)
    if url.scheme == "http" and not (address is not None and address.is_loopback):
        return "must be an https URL; http is for this machine alone"
    if address is not None and not is_open(address, allowed):
        return "leads into a private network, which SAFECONDUCT_WEBHOOK_NETWORKS does not allow"
    return None


class GuardedResolver(AbstractResolver):
    """Resolves names to those of their addresses that are open."""

    def __init__(self, allowed: Networks) -> None:
        self._allowed = allowed

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Raises AddressRefused: none of them is; OSError: there is no such name."""
        found = await asyncio.get_running_loop().getaddrinfo(
            host, port, type=socket.SOCK_STREAM, family=family, flags=socket.AI_ADDRCONFIG
        )
        results = [
            ResolveResult(
                hostname=host,
                host=str(place[0]),
                port=port,
                family=kind,
                proto=protocol,
                flags=socket.AI_NUMERICHOST,
            )
            for kind, _, protocol, _, place in found
            if (address := address_of(str(place[0]))) is not None and is_open(address, self._allowed)
        ]
        if not results:
            raise AddressRefused(f"{host} leads into a private network, which is not allowed")
        return results

    async def close(self) -> None:
        """There is nothing to close."""
