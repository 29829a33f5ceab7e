"""A token whose end is near is told so with every answer, so that its program can tell somebody in time."""

from typing import Final

from aiohttp import web
from multidict import istr

from service.clock import Clock
from service.domain.moments import rfc3339
from service.domain.principal import Principal, TokenBearer

HEADER: Final = istr("Token-Expires-At")
NEAR: Final = 14 * 86_400
"""Seconds before the end from which on it is told."""


def tell_end(who: Principal, response: web.StreamResponse, clock: Clock) -> None:
    """Set HEADER to the `exp` of the token that asked, where that is near; its owner may have drawn its end nearer."""
    if isinstance(who, TokenBearer) and who.claims.exp - clock() <= NEAR and not response.prepared:
        response.headers[HEADER] = rfc3339(who.claims.exp)
