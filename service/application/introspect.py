"""Introspect (RFC 7662): tell a resource server whether a token may be honoured now."""

import ipaddress
from collections.abc import Sequence

from safeconduct import Claims

from service.application.recognition import RecogniseToken
from service.domain.client import Client


class Introspect:
    def __init__(self, recognise: RecogniseToken) -> None:
        self._recognise = recognise

    async def __call__(self, token: str, *, client: Client, client_ip: str | None = None) -> Claims | None:
        """The claims of an active token that is meant for `client`; None for every other reason alike.

        `client_ip` is where the bearer called from: without it a token bound to addresses is inactive.

        Raises:
            StorageUnavailable: never answered as active nor as inactive.
        """
        recognised = await self._recognise(token)
        if recognised is None or recognised.truth.reason is not None:
            return None
        claims = recognised.reading.claims
        if client.audiences.isdisjoint(claims.aud):
            return None
        if claims.allowed_ips and not address_allowed(client_ip, claims.allowed_ips):
            return None
        self._recognise.sightings.accepted(recognised.truth)
        return claims


def address_allowed(address: str | None, networks: Sequence[str]) -> bool:
    """Whether `address` lies in one of the CIDR `networks`; IPv4-mapped addresses are unmapped first."""
    if address is None:
        return False
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped is not None:
        ip = ip.ipv4_mapped
    return any(ip in ipaddress.ip_network(network) for network in networks)
