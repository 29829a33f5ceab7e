"""Where a request comes from, when proxies of ours stand in between (threats 27)."""

import ipaddress
from collections.abc import Sequence
from functools import lru_cache

from aiohttp import web

from service.settings import Settings

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


@lru_cache(maxsize=4)  # one setting, read for every request
def read_networks(texts: tuple[str, ...]) -> tuple[Network, ...]:
    return tuple(ipaddress.ip_network(text) for text in texts)


def caller_address(request: web.BaseRequest, settings: Settings) -> str | None:
    """The client's address, by the proxies that the settings trust."""
    return client_address(request, read_networks(settings.trusted_proxies))


def client_address(request: web.BaseRequest, trusted: Sequence[Network]) -> str | None:
    """The nearest address that is no proxy of ours; `X-Forwarded-For` is read from the right, and only so far
    as trusted proxies wrote it.
    """
    nearest = request.remote
    if not trusted or not is_among(nearest, trusted):
        return nearest
    hops = ",".join(request.headers.getall("X-Forwarded-For", ())).split(",")
    for hop in reversed(hops):
        address = parse_address(hop.strip())
        if address is None:
            return nearest
        nearest = str(address)
        if not is_among(nearest, trusted):
            return nearest
    return nearest


def is_among(text: str | None, networks: Sequence[Network]) -> bool:
    address = parse_address(text or "")
    return address is not None and any(address in network for network in networks)


def parse_address(text: str) -> Address | None:
    """The address, an IPv4-mapped one unmapped; None for anything else."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address
