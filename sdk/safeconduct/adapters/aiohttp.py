"""aiohttp: a middleware, and a decorator for handlers that need a scope of their own."""

from collections.abc import Awaitable, Callable, Collection, Sequence
from typing import Any, Final, TypeVar

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler, Middleware

from safeconduct.adapters.admission import Refused, admit, recalled
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
    everywhere = Demand(scope, **demands)
    of_scope: dict[Any, Demand] = {}

    @web.middleware
    async def safeconduct(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path in public:
            return await handler(request)
        demand = everywhere
        if (own := getattr(request.match_info.handler, _SCOPE, None)) is not None:
            demand = of_scope.get(own) or of_scope.setdefault(own, Demand(own, **demands))
        authorization = request.headers.getall(hdrs.AUTHORIZATION, ())
        try:
            request[CLAIMS] = recalled(verifier, demand, request.method, authorization) or await admit(
                verifier, demand, await _shown(request, demand, authorization)
            )
        except Refused as refused:
            status, headers, body = refused.refusal
            return web.Response(status=status, headers=headers, body=body)
        return await handler(request)

    return safeconduct


def requires(scope: str | Callable[[str], str]) -> Callable[[_Handler], _Handler]:
    """This handler's scope, in place of the middleware's."""

    def mark(handler: _Handler) -> _Handler:
        setattr(handler, _SCOPE, scope)
        return handler

    return mark


async def _shown(request: web.Request, demand: Demand, authorization: Sequence[str]) -> Shown:
    headers = request.headers
    return Shown(
        request.method,
        authorization,
        request.remote,
        headers.getall(hdrs.X_FORWARDED_FOR, ()),
        await _parameters(request, demand) if demand.parameter else (),
        headers.get(hdrs.USER_AGENT),
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
