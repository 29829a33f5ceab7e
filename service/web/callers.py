"""The caller of a route, as the route's declaration made sure of it."""

from aiohttp import web

from service.domain.errors import NotSignedIn
from service.domain.principal import SignedIn, TokenBearer
from service.web.appkeys import PRINCIPAL


def signed_in(request: web.Request) -> SignedIn:
    """The person of this session. Raises NotSignedIn on a route that takes others as well."""
    who = request[PRINCIPAL]
    if not isinstance(who, SignedIn):
        raise NotSignedIn("this call needs a session")
    return who


def token_bearer(request: web.Request) -> TokenBearer:
    """The token that speaks for itself. Raises NotSignedIn on a route that takes others as well."""
    who = request[PRINCIPAL]
    if not isinstance(who, TokenBearer):
        raise NotSignedIn("this call needs a personal access token")
    return who
