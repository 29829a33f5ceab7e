"""The network that stands for a caller: whoever has one address of it usually has them all."""

import ipaddress
from typing import Final

_IPV6_PREFIX: Final = 64

NOWHERE: Final = "-"
"""Callers without an address share one network."""


Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def network_of(address: str | None) -> str:
    """An IPv4 address as it is, the /64 of an IPv6 address (an IPv4-mapped one unmapped), else NOWHERE."""
    ip = address_of(address)
    if ip is None:
        return NOWHERE
    return str(ip) if isinstance(ip, ipaddress.IPv4Address) else _within(ip, _IPV6_PREFIX)


def address_of(text: str | None) -> Address | None:
    """The address that is written so, an IPv4-mapped one unmapped, without a zone; None for anything else."""
    try:
        ip = ipaddress.ip_address(text or "")
    except ValueError:
        return None
    if isinstance(ip, ipaddress.IPv4Address):
        return ip
    return ip.ipv4_mapped or ipaddress.IPv6Address(int(ip))


def coarse_network_of(ip: Address) -> str:
    """So much of an address that it tells a place and no household: /24 of IPv4, /48 of IPv6."""
    return _within(ip, 24 if isinstance(ip, ipaddress.IPv4Address) else 48)


def _within(ip: Address, prefix: int) -> str:
    return str(ipaddress.ip_network((int(ip), prefix), strict=False))
