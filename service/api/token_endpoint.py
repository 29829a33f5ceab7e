"""POST /oauth2/token (RFC 6749 section 3.2): each grant is a row of one table."""

from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType
from typing import Final

import msgspec
from aiohttp import web
from msgspec import UNSET, UnsetType

from service.api.answers import Answer
from service.api.client_authentication import authenticated_client
from service.api.contract import contract
from service.api.contract_refusals import CANNOT_SIGN
from service.api.oauth_forms import ClientForm, Form, read_form
from service.application.client_credentials import WantedAccess
from service.application.exchange import WantedExchange
from service.application.minting import MintedShort
from service.domain.client import Client
from service.domain.errors import Busy, Fault, Faulty
from service.domain.grant_errors import (
    GrantRefused,
    InvalidScope,
    InvalidSubject,
    InvalidTarget,
    UnauthorizedClient,
    UnsupportedGrantType,
)
from service.web.appkeys import SERVICES
from service.web.services import Services


class GrantForm(ClientForm, kw_only=True):
    """The members of every grant: `subject_token` and what belongs to it are of token exchange (RFC 8693)."""

    grant_type: str
    scope: str | UnsetType = UNSET
    resource: str | UnsetType = UNSET
    audience: str | UnsetType = UNSET
    subject_token: str | UnsetType = UNSET
    subject_token_type: str | UnsetType = UNSET
    requested_token_type: str | UnsetType = UNSET


class TokenAnswer(msgspec.Struct, kw_only=True):
    """RFC 6749 section 5.1; `expires_in` is in seconds, `issued_token_type` of an exchange (RFC 8693)."""

    access_token: str
    token_type: str = "Bearer"  # noqa: S105 - the name of a scheme
    expires_in: int
    scope: str
    issued_token_type: str | UnsetType = UNSET


Grant = Callable[[Services, Client, Form], Awaitable[TokenAnswer]]
"""What an authenticated client is answered (RFC 6749 section 5.1)."""

_ACCESS_TOKEN: Final = "urn:ietf:params:oauth:token-type:access_token"  # noqa: S105 - the name of a kind
_TAKEN: Final = frozenset({_ACCESS_TOKEN, "urn:ietf:params:oauth:token-type:jwt"})
_HEADERS: Final = {"Cache-Control": "no-store", "Pragma": "no-cache"}


@contract(
    form=GrantForm,
    raises=(
        GrantRefused,
        UnsupportedGrantType,
        UnauthorizedClient,
        InvalidScope,
        InvalidSubject,
        InvalidTarget,
        Busy,
        *CANNOT_SIGN,
    ),
    summary="Get an access token",
)
async def token(request: web.Request) -> Answer[TokenAnswer]:
    """A token, by the grant that the client names."""
    form, services = await read_form(request), request.app[SERVICES]
    client = await authenticated_client(request, form, permission=None)
    if "grant_type" not in form:
        raise Faulty([Fault("grant_type", "invalid_request", "is missing")])
    grant = GRANTS.get(form["grant_type"])
    if grant is None:
        raise UnsupportedGrantType("no such grant here")
    return Answer(await grant(services, client, form), headers=_HEADERS)


async def client_credentials(services: Services, client: Client, form: Form) -> TokenAnswer:
    """RFC 6749 section 4.4, with the API named by `resource` (RFC 8707) or `audience`."""
    scopes = tuple(form["scope"].split(" ")) if "scope" in form else None
    wanted = WantedAccess(scopes=scopes, audience=_target(form))
    return _answer(await services.clients.client_credentials(client, wanted))


async def exchange(services: Services, client: Client, form: Form) -> TokenAnswer:
    """RFC 8693: a personal access token for a short one that may do less."""
    for name, taken in (("subject_token_type", _TAKEN), ("requested_token_type", {*_TAKEN, None})):
        if form.get(name) not in taken:
            raise InvalidSubject(f"{name} is not known here")
    if "subject_token" not in form or "actor_token" in form:
        raise InvalidSubject("send subject_token, and no actor_token")
    scopes = tuple(form["scope"].split(" ")) if "scope" in form else None
    wanted = WantedExchange(subject=form["subject_token"], scopes=scopes, audience=_target(form))
    minted = await services.clients.exchange(client, wanted)
    answer = _answer(minted)
    answer.issued_token_type = _ACCESS_TOKEN
    return answer


def _answer(minted: MintedShort) -> TokenAnswer:
    return TokenAnswer(
        access_token=minted.jwt.reveal(),
        expires_in=minted.token.expires_at - minted.token.issued_at,
        scope=" ".join(minted.token.scopes),
    )


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
