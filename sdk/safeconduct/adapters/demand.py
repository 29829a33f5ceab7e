"""What a request has to show, judged the same way in front of every framework."""

from collections.abc import Callable, Collection, Sequence
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Final, NamedTuple

from safeconduct.adapters.proxies import client_address
from safeconduct.errors import DoubleBearer, MissingBearerPrefix, SeveralCredentials, TokenMissing

Scope = str | Collection[str] | Callable[[str], str | Collection[str]] | None
"""Names that are all needed, or a function of the request's method that tells them."""

FORM: Final = "application/x-www-form-urlencoded"
FORM_LIMIT: Final = 65_536
"""Bytes of the longest form in which a token is looked for."""


class Shown(NamedTuple):
    """What an adapter reads off a request: every value of a header or parameter that comes more than once."""

    method: str
    authorization: Sequence[str]
    peer: str | None = None
    forwarded_for: Sequence[str] = ()
    parameters: Sequence[str] = ()
    user_agent: str | None = None


class Demand:
    """Args:
    scope: what the token has to hold.
    parameter: a form parameter that may carry the token in place of the header, as `session` does for
        Virtuozzo's clients; None, the default, looks at the header alone.
    in_query: whether the parameter may stand in the address as well. Addresses are logged.
    trusted_proxies: networks whose X-Forwarded-For counts, for tokens that are bound to addresses.
    """

    def __init__(
        self,
        scope: Scope = None,
        *,
        parameter: str | None = None,
        in_query: bool = False,
        trusted_proxies: Collection[str] = (),
    ) -> None:
        self.scope: Callable[[str], str | Collection[str] | None] = (
            scope if callable(scope) else lambda _method: scope
        )
        """What the token has to hold for a request of this method."""
        self.parameter = parameter
        self.in_query = in_query and parameter is not None
        self._trusted: tuple[IPv4Network | IPv6Network, ...] = tuple(map(ip_network, trusted_proxies))

    def token(self, shown: Shown) -> str:
        """The one token of a request.

        Raises:
            TokenMissing, MissingBearerPrefix, DoubleBearer, SeveralCredentials.
        """
        if not shown.parameters:
            return bearer_of(shown.authorization)
        if shown.authorization or len(shown.parameters) > 1:
            raise SeveralCredentials("one token at a time")
        if not shown.parameters[0]:
            raise TokenMissing("the parameter is empty")
        return shown.parameters[0]

    def address(self, shown: Shown) -> str | None:
        """Where the bearer called from."""
        return client_address(shown.peer, shown.forwarded_for, self._trusted)


def by_method(family: str, *, view: str = "view", manage: str = "manage") -> Callable[[str], str]:
    """The scope that a method needs: GET reads, POST, PUT and PATCH change, DELETE and all else need it whole.

    `by_method("connectors")("GET")` is "connectors:view".
    """
    levels = dict.fromkeys(("GET", "HEAD", "OPTIONS"), f"{family}:{view}")
    levels |= dict.fromkeys(("POST", "PUT", "PATCH"), f"{family}:{manage}")
    return lambda method: levels.get(method.upper(), family)


def bearer_of(authorization: Sequence[str]) -> str:
    """The credential of the one Authorization header (RFC 6750 section 2.1).

    Raises:
        TokenMissing, MissingBearerPrefix, DoubleBearer, SeveralCredentials.
    """
    if not authorization:
        raise TokenMissing("no Authorization header")
    if len(authorization) > 1:
        raise SeveralCredentials("more than one Authorization header")
    scheme, _, credential = authorization[0].partition(" ")
    if scheme.lower() != "bearer":
        if scheme.startswith("eyJ") and scheme.count(".") == 2:
            raise MissingBearerPrefix("the word Bearer is missing")
        raise TokenMissing("another scheme than Bearer")
    if not credential:
        raise TokenMissing("nothing after Bearer")
    if credential[:7].lower() == "bearer ":
        raise DoubleBearer("the word Bearer stands there twice")
    if " " in credential or "," in credential or "\t" in credential:
        raise SeveralCredentials("one space and one token after Bearer")
    return credential
