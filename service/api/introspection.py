"""POST /oauth2/introspect (RFC 7662)."""

from typing import Any

import msgspec
from aiohttp import web
from safeconduct import Claims

from service.api.client_authentication import authenticated_client
from service.api.oauth_forms import presented_token, read_form
from service.web.appkeys import METRICS, ONE_WRITE, SERVICES

_INACTIVE = b'{"active":false}'


async def introspect(request: web.Request) -> web.StreamResponse:
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
    """RFC 7662 section 2.2."""
    members: dict[str, Any] = {
        "active": True,
        "iss": claims.iss,
        "aud": claims.aud[0] if len(claims.aud) == 1 else claims.aud,
        "sub": claims.sub,
        "exp": claims.exp,
        "iat": claims.iat,
        "scope": " ".join(claims.scope),
        "client_id": claims.client_id,
        "jti": claims.jti,
        "token_type": "Bearer",
    }
    if claims.nbf is not None:
        members["nbf"] = claims.nbf
    return msgspec.json.encode(members)
