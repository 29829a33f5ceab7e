"""GET /v1/forward-auth: nginx's auth_request, Traefik's forwardAuth, Caddy's forward_auth, Envoy's ext_authz."""

from collections.abc import Collection
from typing import Annotated, Final

import msgspec
from aiohttp import hdrs, web
from msgspec import UNSET, UnsetType
from multidict import MultiMapping
from safeconduct.errors import InsufficientScope, InvalidToken

from service.api.client_authentication import remembered_client
from service.api.contract import Sent, contract
from service.domain.errors import Fault, Faulty, NotSignedIn, Refused
from service.domain.identifiers import to_wire
from service.web.appkeys import ONE_WRITE, SERVICES
from service.web.client_address import caller_address
from service.web.credentials import Jwt, shown_credential
from service.web.gateway import GATEWAY_CREDENTIALS, TOLD, GatewayUnknown


class Demands(msgspec.Struct, kw_only=True):
    """The audience, which may be left out where there is one, and the scopes, separated by spaces."""

    aud: str | UnsetType = UNSET
    scope: str | UnsetType = UNSET


_DEMANDS: Final = Demands.__struct_encode_fields__
Judged = Annotated[web.StreamResponse, Sent()]


@contract(
    query=Demands,
    raises=(GatewayUnknown, Refused, InsufficientScope),
    summary="Judge for a gateway",
)
async def judge_for_client(request: web.Request) -> Judged:
    """The gateway proves itself as a client that may introspect, and hears about tokens of its audiences."""
    shown = request.headers.getall(GATEWAY_CREDENTIALS, ())
    services = request.app[SERVICES]
    client = None
    if len(shown) == 1:
        client = remembered_client(shown[0], services.current, services.clients.proofs)
    if client is None or "introspect" not in client.permissions:
        raise GatewayUnknown(f"the gateway proves itself in {GATEWAY_CREDENTIALS}, by Basic, once")
    return await _judge(request, client.audiences)


async def judge_on_own_listener(request: web.Request) -> Judged:
    """Whoever reaches this listener is the gateway (`SAFECONDUCT_GATEWAY_BIND`): all registered audiences."""
    audiences = request.app[SERVICES].current.catalogue.audiences
    return await _judge(request, [audience.id for audience in audiences])


async def _judge(request: web.Request, audiences: Collection[str]) -> Judged:
    services = request.app[SERVICES]
    demanded, scopes = _demands(request.query, audiences)
    token = _bearer(request)
    admitted = await services.forward_auth(
        token,
        audiences=demanded,
        scopes=scopes,
        address=caller_address(request, services.settings),
        user_agent=request.headers.get(hdrs.USER_AGENT),
    )
    claims = admitted.claims
    token_id = "" if admitted.token_id is None else to_wire(admitted.token_id)
    told = (claims.sub, token_id, claims.jti, " ".join(claims.scope))
    return request.app[ONE_WRITE](b"", dict(zip(TOLD, told, strict=True)))


def _bearer(request: web.Request) -> str:
    """The one Bearer token of the request that waits at the gateway.

    Raises:
        NotSignedIn: no Authorization, or not of that scheme.
        SeveralCredentials: more than one.
        InvalidToken: a session is no token.
    """
    match shown_credential(request, ""):
        case Jwt(text):
            return text
        case None:
            raise NotSignedIn("send Authorization: Bearer and a token")
    raise InvalidToken("send a personal access token")


def _demands(query: MultiMapping[str], registered: Collection[str]) -> tuple[Collection[str], list[str]]:
    """The audience and the scopes that the gateway's configuration asks for.

    A parameter that stands there twice is refused: the second one may be the client's.
    """
    if repeated := [name for name in _DEMANDS if len(query.getall(name, [])) > 1]:
        raise Refused(f"{' and '.join(repeated)} may stand there once")
    audience = query.get("aud")
    if audience is None and len(registered) != 1:
        raise Refused("name the API in ?aud=: there are several")
    if audience is not None and audience not in registered:
        raise Faulty([Fault("aud", "unknown_audience", "is not an audience of this gateway's")])
    return {audience} if audience is not None else registered, query.get("scope", "").split()
