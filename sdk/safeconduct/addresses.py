"""Tokens that are bound to addresses: the claim `allowed_ips`, CIDR blocks."""

from collections.abc import Collection
from ipaddress import ip_address, ip_network

from safeconduct.claims import Claims
from safeconduct.errors import AddressNotAllowed


def judge_address(claims: Claims, client_address: str | None) -> None:
    """Return if the token may be used from there; from nowhere it may not.

    Raises:
        AddressNotAllowed: it is bound to other addresses.
    """
    if client_address is None or not lies_within(client_address, claims.allowed_ips):
        raise AddressNotAllowed("the token is bound to other addresses")


def lies_within(address: str, networks: Collection[str]) -> bool:
    """Whether `address` lies in one of the CIDR `networks`; IPv4-mapped addresses are unmapped first."""
    try:
        ip = ip_address(address)
    except ValueError:
        return False
    mapped = getattr(ip, "ipv4_mapped", None)
    return any((mapped or ip) in ip_network(network) for network in networks)
