"""A token that another token makes: never more than the one that made it (threats 11). Pure."""

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from service.domain.catalogue import CatalogueDocument
from service.domain.errors import Fault, Faulty, ScopeExceedsGrant
from service.domain.issuance import Permitted, TokenRequest
from service.domain.token import NEVER, Token, TokenValue

SCOPE: Final = "personal_access_tokens"
"""What a token needs to make others; a catalogue may offer it. No child ever has it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parent:
    """A value that acts on what it and its record have made; `scopes` are those that it carries itself."""

    token_id: str
    jti: str
    scopes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """The most that a child may be. Each of `scopes` must cover it; `expires_at` is when what made it ends."""

    scopes: tuple[tuple[str, ...], ...]
    audiences: tuple[str, ...]
    allowed_ips: tuple[str, ...]
    not_before: int | None
    expires_at: int

    @classmethod
    def of(cls, parent: Token, made_by: TokenValue, *carried: tuple[str, ...], now: int) -> "Bounds":
        """By the parent's record, the value that makes or made the child, and what else is `carried`."""
        start = parent.not_before
        end = NEVER if parent.expires_at is None else parent.expires_at
        return cls(
            scopes=(parent.scopes, *carried),
            audiences=parent.audiences,
            allowed_ips=parent.allowed_ips,
            not_before=start if start is not None and start > now else None,
            expires_at=min(end, made_by.ends_at),
        )

    def filled(self, request: TokenRequest) -> TokenRequest:
        """The request with the parent's APIs where it names none."""
        return replace(request, audiences=request.audiences or self.audiences)

    def demand(
        self, permitted: Permitted, catalogue: CatalogueDocument, *, present: Token | None = None
    ) -> Permitted:
        """What may be made of it: it begins no earlier than the parent, and without networks of its own has the
        parent's.

        `present` is the child that is renewed: where it only keeps an end that has come to lie too far, that is
        drawn nearer.

        Raises:
            ScopeExceedsGrant: scopes that the parent does not cover, or that make tokens.
            Faulty: another API or network, or a later end than the parent's; all of it.
        """
        if beyond := self._beyond(permitted.scopes, catalogue):
            raise ScopeExceedsGrant(beyond)
        if (
            present is not None
            and permitted.expires_at == present.expires_at
            and permitted.exp > self.expires_at
        ):
            permitted = replace(permitted, expires_at=self.expires_at)
        faults = [
            Fault(f"audience[{position}]", "beyond_parent", f"the parent is not for {audience}")
            for position, audience in enumerate(permitted.audiences)
            if audience not in self.audiences
        ]
        faults += self._network_faults(permitted.allowed_ips)
        if permitted.exp > self.expires_at:
            faults.append(Fault("expiration", "beyond_parent", "later than the token that makes it"))
        if faults:
            raise Faulty(faults)
        starts = [start for start in (permitted.not_before, self.not_before) if start is not None]
        networks = permitted.allowed_ips or self.allowed_ips
        return replace(permitted, not_before=max(starts, default=None), allowed_ips=networks)

    def _beyond(self, scopes: Sequence[str], catalogue: CatalogueDocument) -> tuple[str, ...]:
        beyond = {name: None for held in self.scopes for name in catalogue.scopes.beyond(held, scopes)}
        beyond |= {name: None for name in scopes if catalogue.scopes.covers((name,), SCOPE)}
        return tuple(beyond)

    def _network_faults(self, networks: Sequence[str]) -> list[Fault]:
        return [
            Fault(
                f"allowed_ips[{position}]", "beyond_parent", f"{network} is not within the parent's networks"
            )
            for position, network in enumerate(networks)
            if self.allowed_ips and not any(_within(network, wider) for wider in self.allowed_ips)
        ]


def _within(network: str, wider: str) -> bool:
    inner, outer = ipaddress.ip_network(network), ipaddress.ip_network(wider)
    match inner, outer:
        case ipaddress.IPv4Network(), ipaddress.IPv4Network():
            return inner.subnet_of(outer)
        case ipaddress.IPv6Network(), ipaddress.IPv6Network():
            return inner.subnet_of(outer)
    return False
