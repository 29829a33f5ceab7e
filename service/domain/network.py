"""The network that stands for a caller: whoever has one address of it usually has them all."""

import ipaddress
from typing import Final

_IPV6_PREFIX: Final = 64

NOWHERE: Final = "-"
"""Callers without an address share one network."""


def network_of(address: str | None) -> str:
    """An IPv4 address as it is, the /64 of an IPv6 address (an IPv4-mapped one unmapped), else NOWHERE."""
    try:
        ip = ipaddress.ip_address(address or "")
    except ValueError:
        return NOWHERE
    if isinstance(ip, ipaddress.IPv4Address):
        return str(ip)
    if ip.ipv4_mapped is not None:
        return str(ip.ipv4_mapped)
    return str(ipaddress.IPv6Network((int(ip), _IPV6_PREFIX), strict=False))
