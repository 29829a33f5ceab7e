"""Where people may sign in instead of here, and whose tokens a page elsewhere may manage tokens with."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from service.domain.secret import Secret

ALGORITHMS: Final = ("RS256", "ES256", "PS256", "EdDSA")


@dataclass(frozen=True, slots=True)
class GrantRule:
    """Whoever's `claim` is `value`, or has it among its values, may hand out `scopes`."""

    claim: str
    value: str
    scopes: tuple[str, ...]

    def fits(self, claims: Mapping[str, Any]) -> bool:
        found = claim_at(claims, self.claim)
        return self.value in (found if isinstance(found, list) else (found,))


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """What becomes of somebody who comes from an issuer: whether an account is made at first sight, by which claim it
    is named, and, where there are rules, what its grant is at every sign-in.
    """

    create_users: bool
    name_claim: str
    grants: tuple[GrantRule, ...]

    def scopes(self, claims: Mapping[str, Any]) -> tuple[str, ...] | None:
        """What they may hand out by these claims; None where that is not the issuer's to say."""
        if not self.grants:
            return None
        return tuple(dict.fromkeys(name for rule in self.grants if rule.fits(claims) for name in rule.scopes))

    def name(self, claims: Mapping[str, Any], subject: str) -> str:
        found = claim_at(claims, self.name_claim)
        return found.strip() if isinstance(found, str) and found.strip() else subject


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """An OpenID provider at which this service is registered. Without a secret it is a public client."""

    id: str
    name: str
    issuer: str
    client_id: str
    client_secret: Secret | None
    scopes: tuple[str, ...]
    algorithms: frozenset[str]
    userinfo: bool
    arrival: Arrival

    @property
    def actor(self) -> str:
        return f"provider:{self.id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Platform:
    """A platform whose access tokens are credentials of its users here.

    They must be for `audience`, carry `scope` and come from one of `clients`; pages of `origins` may send them.
    """

    issuer: str
    jwks_uri: str | None
    audience: str
    scope: str
    clients: frozenset[str]
    origins: frozenset[str]
    algorithms: frozenset[str]
    arrival: Arrival


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """All of them."""

    providers: tuple[Provider, ...] = ()
    platforms: tuple[Platform, ...] = ()


def claim_at(claims: Mapping[str, Any], path: str) -> object:
    """A claim by its name, or, where none is called so, by a path of names: `realm_access.roles`."""
    if path in claims:
        return claims[path]
    found: object = claims
    for name in path.split("."):
        found = found.get(name) if isinstance(found, dict) else None
    return found
