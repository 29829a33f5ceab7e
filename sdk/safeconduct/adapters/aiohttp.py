"""aiohttp: a middleware, and a decorator for handlers that need a scope of their own."""

from collections.abc import Awaitable, Callable, Collection, Sequence
from typing import Any, Final, TypeVar

from aiohttp import web
from aiohttp.hdrs import AUTHORIZATION, USER_AGENT, X_FORWARDED_FOR
from aiohttp.typedefs import Handler, Middleware

from safeconduct.adapters.admission import Refused, admit, short_way
from safeconduct.adapters.demand import FORM, Demand, Scope, Shown
from safeconduct.asynchronous import Verifier
from safeconduct.claims import Claims

CLAIMS: Final = web.RequestKey("safeconduct_claims", Claims)
"""`request[CLAIMS]` in every handler behind the middleware."""

_SCOPE: Final = "safeconduct_scope"
_Handler = TypeVar("_Handler", bound=Callable[..., Awaitable[web.StreamResponse]])


def middleware(
    verifier: Verifier, scope: Scope = None, *, public: Collection[str] = (), **demands: Any
) -> Middleware:
    """Lets requests with a good token through to the handlers; `public` paths need none.

    `demands` are the other arguments of `Demand`.
    """
    free, everywhere = frozenset(public), _Gate(verifier, Demand(scope, **demands))
    of_scope: dict[Any, _Gate] = {}

    @web.middleware
    def safeconduct(request: web.Request, handler: Handler) -> Awaitable[web.StreamResponse]:
        # No coroutine of its own: that and its resumption would cost as much as the verdict.
        if free and request.path in free:
            return handler(request)
        gate = everywhere
        if (own := getattr(request.match_info.handler, _SCOPE, None)) is not None:
            gate = of_scope.get(own) or of_scope.setdefault(own, _Gate(verifier, Demand(own, **demands)))
        authorization = request.headers.getall(AUTHORIZATION, ())
        claims = gate.recalled(request.method, authorization)
        if claims is None:
            return _admitted(request, handler, verifier, gate.demand, authorization)
        request[CLAIMS] = claims
        return handler(request)

    return safeconduct


class _Gate:
    """What is made once for all requests of which the same is demanded."""

    __slots__ = ("demand", "recalled")

    def __init__(self, verifier: Verifier, demand: Demand) -> None:
        self.demand = demand
        self.recalled = short_way(verifier, demand)


def requires(scope: str | Callable[[str], str]) -> Callable[[_Handler], _Handler]:
    """This handler's scope, in place of the middleware's."""

    def mark(handler: _Handler) -> _Handler:
        setattr(handler, _SCOPE, scope)
        return handler

    return mark


async def _admitted(
    request: web.Request,
    handler: Handler,
    verifier: Verifier,
    demand: Demand,
    authorization: Sequence[str],
) -> web.StreamResponse:
    try:
        request[CLAIMS] = await admit(verifier, demand, await _shown(request, demand, authorization))
    except Refused as refused:
        status, headers, body = refused.refusal
        return web.Response(status=status, headers=headers, body=body)
    return await handler(request)


async def _shown(request: web.Request, demand: Demand, authorization: Sequence[str]) -> Shown:
    headers = request.headers
    return Shown(
        request.method,
        authorization,
        request.remote,
        headers.getall(X_FORWARDED_FOR, ()),
        await _parameters(request, demand) if demand.parameter else (),
        headers.get(USER_AGENT),
    )


async def _parameters(request: web.Request, demand: Demand) -> list[str]:
    name = demand.parameter or ""
    found = list(request.query.getall(name, ())) if demand.in_query else []
    if request.content_type == FORM:
        try:
            form = await request.post()
        except ValueError:  # no text in its charset
            return found
        found += [value for value in form.getall(name, ()) if isinstance(value, str)]
    return found
