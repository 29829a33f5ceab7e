"""Any ASGI application (Starlette, FastAPI, Quart, Litestar …) behind the verifier."""

from collections.abc import Awaitable, Callable, Collection, MutableMapping
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode

from safeconduct.adapters.admission import Refused, admit, short_way
from safeconduct.adapters.demand import FORM, FORM_LIMIT, Demand, Shown
from safeconduct.asynchronous import Verifier
from safeconduct.refusal import Refusal

AsgiScope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[AsgiScope, Receive, Send], Awaitable[None]]

CLAIMS: Final = "safeconduct.claims"
"""`scope[CLAIMS]` in the application; in Starlette and FastAPI `request.scope[CLAIMS]`."""

_POLICY_VIOLATION: Final = 1008  # RFC 6455 section 7.4.1


class SafeconductMiddleware:
    """Lets requests and WebSockets with a good token through; `public` paths need none.

    `demands` are the arguments of `Demand`.
    """

    def __init__(self, app: App, verifier: Verifier, *, public: Collection[str] = (), **demands: Any) -> None:
        self._app = app
        self._verifier = verifier
        self._public = frozenset(public)
        self._demand = Demand(**demands)
        self._recalled = short_way(verifier, self._demand)

    async def __call__(self, scope: AsgiScope, receive: Receive, send: Send) -> None:
        if scope["type"] not in {"http", "websocket"} or scope["path"] in self._public:
            return await self._app(scope, receive, send)
        claims = self._recalled(scope.get("method", "GET"), authorization_of(scope))
        if claims is not None:
            return await self._app({**scope, CLAIMS: claims}, receive, send)
        try:
            parameters: list[str] = []
            if self._demand.parameter:
                parameters, receive = await _parameters(self._demand, scope, receive)
            claims = await admit(self._verifier, self._demand, shown(scope, parameters))
        except Refused as refused:
            return await _refuse(scope, send, refused.refusal)
        return await self._app({**scope, CLAIMS: claims}, receive, send)


def authorization_of(scope: AsgiScope) -> list[str]:
    """Every Authorization header of a request."""
    return [value.decode("latin-1") for name, value in scope["headers"] if name == b"authorization"]


def shown(scope: AsgiScope, parameters: Collection[str] = ()) -> Shown:
    """What a request shows."""
    headers: list[tuple[bytes, bytes]] = scope["headers"]
    client = scope.get("client")
    return Shown(
        scope.get("method", "GET"),
        authorization_of(scope),
        None if client is None else client[0],
        [value.decode("latin-1") for name, value in headers if name == b"x-forwarded-for"],
        list(parameters),
        next((value.decode("latin-1") for name, value in headers if name == b"user-agent"), None),
    )


async def _parameters(demand: Demand, scope: AsgiScope, receive: Receive) -> tuple[list[str], Receive]:
    """The token's parameter, and the body for the application to read again.

    What stood in the address is taken out of it, so that nothing behind logs it (threats 41).
    """
    found = []
    if demand.in_query:
        pairs = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        found = [value for name, value in pairs if name == demand.parameter]
        if found:
            rest = urlencode([pair for pair in pairs if pair[0] != demand.parameter])
            scope["query_string"] = rest.encode("latin-1")
    types = [value for name, value in scope["headers"] if name == b"content-type"]
    if not types or types[0].partition(b";")[0].strip().lower() != FORM.encode():
        return found, receive
    messages, body = await _read(receive)
    pairs = parse_qsl(body.decode("latin-1"), keep_blank_values=True)
    found += [value for name, value in pairs if name == demand.parameter]
    return found, _replay(messages, receive)


async def _read(receive: Receive) -> tuple[list[Message], bytes]:
    """The messages of a body, as far as a form may be long."""
    messages: list[Message] = []
    body = b""
    more = True
    while more and len(body) <= FORM_LIMIT:
        message = await receive()
        messages.append(message)
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return messages, body


def _replay(messages: list[Message], receive: Receive) -> Receive:
    queue = list(messages)

    async def again() -> Message:
        return queue.pop(0) if queue else await receive()

    return again


async def _refuse(scope: AsgiScope, send: Send, refusal: Refusal) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": _POLICY_VIOLATION})
        return
    headers = [(name.lower().encode(), value.encode()) for name, value in refusal.headers.items()]
    headers.append((b"content-length", str(len(refusal.body)).encode()))
    await send({"type": "http.response.start", "status": refusal.status, "headers": headers})
    await send({"type": "http.response.body", "body": refusal.body})
