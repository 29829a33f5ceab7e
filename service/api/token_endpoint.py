"""POST /oauth2/token (RFC 6749 section 3.2): each grant is a row of one table."""

from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from aiohttp import web

from service.api.answers import json_answer
from service.api.client_authentication import authenticated_client
from service.api.oauth_forms import Form, read_form
from service.application.client_credentials import WantedAccess
from service.application.exchange import WantedExchange
from service.application.minting import MintedShort
from service.domain.client import Client
from service.domain.errors import Fault, Faulty
from service.domain.grant_errors import InvalidSubject, InvalidTarget, UnsupportedGrantType
from service.web.appkeys import SERVICES
from service.web.services import Services

Grant = Callable[[Services, Client, Form], Awaitable[dict[str, Any]]]
"""What an authenticated client is answered (RFC 6749 section 5.1)."""

_ACCESS_TOKEN: Final = "urn:ietf:params:oauth:token-type:access_token"  # noqa: S105 - the name of a kind
_TAKEN: Final = frozenset({_ACCESS_TOKEN, "urn:ietf:params:oauth:token-type:jwt"})
_HEADERS: Final = {"Cache-Control": "no-store", "Pragma": "no-cache"}


async def token(request: web.Request) -> web.Response:
    """A token, by the grant that the client names."""
    form, services = await read_form(request), request.app[SERVICES]
    client = await authenticated_client(request, form, permission=None)
    if "grant_type" not in form:
        raise Faulty([Fault("grant_type", "invalid_request", "is missing")])
    grant = GRANTS.get(form["grant_type"])
    if grant is None:
        raise UnsupportedGrantType("no such grant here")
    return json_answer(await grant(services, client, form), headers=_HEADERS)


async def client_credentials(services: Services, client: Client, form: Form) -> dict[str, Any]:
    """RFC 6749 section 4.4, with the API named by `resource` (RFC 8707) or `audience`."""
    scopes = tuple(form["scope"].split(" ")) if "scope" in form else None
    wanted = WantedAccess(scopes=scopes, audience=_target(form))
    return _answer(await services.clients.client_credentials(client, wanted))


async def exchange(services: Services, client: Client, form: Form) -> dict[str, Any]:
    """RFC 8693: a personal access token for a short one that may do less."""
    for name, taken in (("subject_token_type", _TAKEN), ("requested_token_type", {*_TAKEN, None})):
        if form.get(name) not in taken:
            raise InvalidSubject(f"{name} is not known here")
    if "subject_token" not in form or "actor_token" in form:
        raise InvalidSubject("send subject_token, and no actor_token")
    scopes = tuple(form["scope"].split(" ")) if "scope" in form else None
    wanted = WantedExchange(subject=form["subject_token"], scopes=scopes, audience=_target(form))
    minted = await services.clients.exchange(client, wanted)
    return {**_answer(minted), "issued_token_type": _ACCESS_TOKEN}


def _answer(minted: MintedShort) -> dict[str, Any]:
    return {
        "access_token": minted.jwt.reveal(),
        "token_type": "Bearer",
        "expires_in": minted.token.expires_at - minted.token.issued_at,
        "scope": " ".join(minted.token.scopes),
    }


def _target(form: Form) -> str | None:
    named = {form[name] for name in ("resource", "audience") if name in form}
    if len(named) > 1:
        raise InvalidTarget("one token is for one API")
    return next(iter(named), None)


GRANTS: Final[Mapping[str, Grant]] = MappingProxyType(
    {
        "client_credentials": client_credentials,
        "urn:ietf:params:oauth:grant-type:token-exchange": exchange,
    }
)
