"""Where a request comes from, when proxies of one's own stand in between (threats 27)."""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

Network = IPv4Network | IPv6Network


def client_address(peer: str | None, forwarded_for: Sequence[str], trusted: Sequence[Network]) -> str | None:
    """The nearest address that is no proxy of ours.

    `X-Forwarded-For` is read from the right, and only so far as trusted proxies wrote it.
    """
    nearest = peer
    if not trusted or not _is_among(nearest, trusted):
        return nearest
    for hop in reversed(",".join(forwarded_for).split(",")):
        address = _parse(hop.strip())
        if address is None:
            return nearest
        nearest = str(address)
        if not _is_among(nearest, trusted):
            return nearest
    return nearest


def _is_among(text: str | None, networks: Sequence[Network]) -> bool:
    address = _parse(text or "")
    return address is not None and any(address in network for network in networks)


def _parse(text: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
