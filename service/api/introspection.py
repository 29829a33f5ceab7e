"""POST /oauth2/introspect (RFC 7662)."""

from typing import Annotated

import msgspec
from aiohttp import web
from msgspec import UNSET, UnsetType
from safeconduct import Claims

from service.api.client_authentication import authenticated_client
from service.api.contract import Sent, contract
from service.api.oauth_forms import TokenForm, presented_token, read_form
from service.domain.errors import Busy, NotAllowed
from service.web.appkeys import METRICS, ONE_WRITE, SERVICES

_INACTIVE = b'{"active":false}'


class IntrospectionForm(TokenForm, kw_only=True):
    """`client_ip` and `client_user_agent` are those of whoever showed the token."""

    client_ip: str | UnsetType = UNSET
    client_user_agent: str | UnsetType = UNSET


class Introspected(msgspec.Struct, kw_only=True):
    """RFC 7662 section 2.2; of an inactive token `active` alone."""

    active: bool
    iss: str | UnsetType = UNSET
    aud: str | list[str] | UnsetType = UNSET
    sub: str | UnsetType = UNSET
    exp: int | UnsetType = UNSET
    iat: int | UnsetType = UNSET
    scope: str | UnsetType = UNSET
    client_id: str | UnsetType = UNSET
    jti: str | UnsetType = UNSET
    token_type: str | UnsetType = UNSET
    nbf: int | UnsetType = UNSET


@contract(form=IntrospectionForm, raises=(NotAllowed, Busy))
async def introspect(request: web.Request) -> Annotated[web.StreamResponse, Sent(schema=Introspected)]:
    """Every reason to refuse has the same bytes (R20); an unknown truth is 503, never a guess (R21)."""
    form = await read_form(request)
    client = await authenticated_client(request, form, permission="introspect")
    token = presented_token(form)
    services = request.app[SERVICES]
    services.client_limits.admit(client, token)
    claims = await services.introspect(
        token, client=client, client_ip=form.get("client_ip"), user_agent=form.get("client_user_agent")
    )
    request.app[METRICS].introspected(active=claims is not None)
    if claims is None:
        await services.client_limits.inactive(client)
        return request.app[ONE_WRITE](_INACTIVE)
    services.client_limits.active(client)
    return request.app[ONE_WRITE](_active(claims))


def _active(claims: Claims) -> bytes:
    return msgspec.json.encode(
        Introspected(
            active=True,
            iss=claims.iss,
            aud=claims.aud[0] if len(claims.aud) == 1 else list(claims.aud),
            sub=claims.sub,
            exp=claims.exp,
            iat=claims.iat,
            scope=" ".join(claims.scope),
            client_id=claims.client_id,
            jti=claims.jti,
            token_type="Bearer",  # noqa: S106 - the name of a scheme
            nbf=UNSET if claims.nbf is None else claims.nbf,
        )
    )
