"""Introspect (RFC 7662): tell a resource server whether a token may be honoured now."""

import ipaddress
from collections.abc import Sequence

from safeconduct import Claims

from service.application.recognition import RecogniseToken
from service.application.short_recognition import RecogniseShort
from service.application.sightings import Sightings
from service.domain.client import Client
from service.domain.short_token import ShortTruth
from service.domain.token import TokenTruth
from service.domain.usage import RefusalReason, reason_of


class Introspect:
    def __init__(
        self, recognise: RecogniseToken, recognise_short: RecogniseShort, sightings: Sightings
    ) -> None:
        self._recognise = recognise
        self._recognise_short = recognise_short
        self._sightings = sightings

    async def __call__(
        self,
        token: str,
        *,
        client: Client,
        client_ip: str | None = None,
        user_agent: str | None = None,
    ) -> Claims | None:
        """The claims of an active token that is meant for `client`; None for every other reason alike.

        `client_ip` is where the bearer called from: without it a token bound to addresses is inactive. `user_agent` is
        what the bearer said to be; it decides nothing.

        Raises:
            StorageUnavailable: never answered as active nor as inactive.
        """
        recognised = await self._recognise(token)
        if recognised is None:
            return await self._short(token, client, client_ip)
        claims, truth = recognised.reading.claims, recognised.truth
        if (reason := _refusal(truth, claims, client, client_ip)) is not None:
            self._sightings.refused(truth, reason, client_ip, user_agent)
            return None
        self._sightings.accepted(truth, client_ip, user_agent)
        return claims

    async def _short(self, token: str, client: Client, client_ip: str | None) -> Claims | None:
        recognised = await self._recognise_short(token)
        if recognised is None:
            return None
        claims, truth = recognised.claims, recognised.truth
        return claims if _refusal(truth, claims, client, client_ip) is None else None


def _refusal(
    truth: TokenTruth | ShortTruth, claims: Claims, client: Client, client_ip: str | None
) -> RefusalReason | None:
    if truth.reason is not None:
        return reason_of(truth.reason)
    if client.audiences.isdisjoint(claims.aud):
        return RefusalReason.WRONG_AUDIENCE
    if claims.allowed_ips and not address_allowed(client_ip, claims.allowed_ips):
        return RefusalReason.ADDRESS
    return None


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
