"""What the adapters read off a request, and what they never take for a token."""

import io
from collections.abc import Callable
from typing import Annotated, Any

import fastapi
import flask
import pytest
from aiohttp import web
from safeconduct import Claims, Verifier, sync
from safeconduct import errors as e
from safeconduct.adapters import aiohttp as on_aiohttp
from safeconduct.adapters import asgi, wsgi
from safeconduct.adapters.demand import FORM, Demand, Shown, bearer_of, by_method
from safeconduct.adapters.fastapi import Bearer
from safeconduct.adapters.flask import requires

from tests.sdk.issuer import AUDIENCE, TestIssuer


@pytest.mark.parametrize("header", ["Bearer a.b.c", "bearer a.b.c", "BEARER a.b.c"])
def test_the_scheme_is_compared_without_case(header: str) -> None:
    """RFC 9110 section 11.1; the token after one space, untouched."""
    assert bearer_of([header]) == "a.b.c"


@pytest.mark.parametrize(
    ("headers", "error"),
    [
        ([], e.TokenMissing),
        ([""], e.TokenMissing),
        (["Bearer"], e.TokenMissing),
        (["Bearer "], e.TokenMissing),
        (["Digest a.b.c"], e.TokenMissing),
        (["eyJhbGciOiJFUzI1NiJ9.e30.c2ln"], e.MissingBearerPrefix),
        (["Bearer Bearer a.b.c"], e.DoubleBearer),
        (["Bearer bearer a.b.c"], e.DoubleBearer),
        (["Bearer a.b.c", "Bearer d.e.f"], e.SeveralCredentials),
        (["Bearer a.b.c", "Basic eDp5"], e.SeveralCredentials),
        (["Bearer a.b.c, Bearer d.e.f"], e.SeveralCredentials),
        (["Bearer a.b.c,d.e.f"], e.SeveralCredentials),
        (["Bearer  a.b.c"], e.SeveralCredentials),
        (["Bearer a.b.c d"], e.SeveralCredentials),
        (["Bearer a.b.c\td"], e.SeveralCredentials),
    ],
)
def test_a_header_that_two_readers_could_take_differently_is_refused(headers, error) -> None:
    """Attacks 68, 71: no header, another scheme, two of them, two in one."""
    with pytest.raises(error):
        bearer_of(headers)


def test_the_scope_follows_the_method() -> None:
    """GET reads, changes need manage, what deletes or is unknown needs all."""
    scope = by_method("connectors")

    assert {scope(method) for method in ("GET", "head", "OPTIONS")} == {"connectors:view"}
    assert {scope(method) for method in ("POST", "PUT", "PATCH")} == {"connectors:manage"}
    assert {scope(method) for method in ("DELETE", "PURGE")} == {"connectors"}


@pytest.mark.parametrize(
    ("trusted", "peer", "forwarded", "address"),
    [
        ((), "192.0.2.1", ["203.0.113.9"], "192.0.2.1"),
        (("10.0.0.0/8",), "10.0.0.1", ["203.0.113.9"], "203.0.113.9"),
        (("10.0.0.0/8",), "::ffff:10.0.0.1", ["203.0.113.9"], "203.0.113.9"),
        (("10.0.0.0/8",), "10.0.0.1", ["6.6.6.6, 203.0.113.9", "10.0.0.2"], "203.0.113.9"),
        (("10.0.0.0/8",), "10.0.0.1", ["6.6.6.6, nonsense"], "10.0.0.1"),
        (("10.0.0.0/8",), "192.0.2.1", ["10.0.0.9"], "192.0.2.1"),
        (("10.0.0.0/8",), None, ["203.0.113.9"], None),
    ],
)
def test_forwarded_addresses_count_as_far_as_our_own_proxies_wrote_them(
    trusted, peer, forwarded, address
) -> None:
    """Read from the right; whoever is no proxy of ours may write what they like (threats 27)."""
    shown = Shown("GET", [], peer, forwarded)

    assert Demand(trusted_proxies=trusted).address(shown) == address


@pytest.mark.parametrize(
    ("authorization", "parameters", "error"),
    [
        (["Bearer a.b.c"], ["a.b.c"], e.SeveralCredentials),
        ([], ["a", "b"], e.SeveralCredentials),
        ([], [""], e.TokenMissing),
    ],
)
def test_header_and_parameter_together_are_one_too_many(authorization, parameters, error) -> None:
    """RFC 6750 section 2: one way of sending it at a time (attack 69)."""
    with pytest.raises(error):
        Demand(parameter="session").token(Shown("POST", authorization, parameters=parameters))


def form(token: str) -> bytes:
    return f"a=1&session={token}&b=2".encode()


async def call_asgi(
    verifier: Verifier, query: str = "", body: bytes = b"", **demands: Any
) -> tuple[int, dict, bytes]:
    """Status, the scope that the application saw, and the body that it read."""
    seen, sent = {}, []

    async def app(scope, receive, send) -> None:
        seen.update(scope)
        message = await receive()
        seen["body"] = message["body"]
        await send({"type": "http.response.start", "status": 200, "headers": []})

    async def receive() -> dict:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: dict) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/",
        "query_string": query.encode(),
        "headers": [(b"content-type", FORM.encode())],
        "client": ("192.0.2.1", 5),
    }
    await asgi.SafeconductMiddleware(app, verifier, **demands)(scope, receive, send)
    return sent[0]["status"], seen, seen.get("body", b"")


@pytest.mark.parametrize(
    ("demands", "in_query", "in_body", "status"),
    [
        ({}, True, False, 401),
        ({}, False, True, 401),
        ({"parameter": "session"}, True, False, 401),
        ({"parameter": "session"}, False, True, 200),
        ({"parameter": "session", "in_query": True}, True, False, 200),
        ({"parameter": "session", "in_query": True}, True, True, 400),
    ],
)
async def test_asgi_takes_the_parameter_only_where_it_is_switched_on(
    issuer: TestIssuer, demands, in_query, in_body, status
) -> None:
    """The form by one switch, the address by a second one; taken out of the address, left in the body (threats 41)."""
    token = issuer.token()
    query, body = form(token).decode() if in_query else "", form(token) if in_body else b""
    async with Verifier(issuer.url, AUDIENCE, clock=issuer.time.clock) as verifier:
        answered, seen, read = await call_asgi(verifier, query, body, **demands)

    assert answered == status
    if status == 200:
        assert seen[asgi.CLAIMS].iss == issuer.url
        assert (seen["query_string"], read) == (b"a=1&b=2" if in_query else b"", body)


@pytest.mark.parametrize(
    ("demands", "in_query", "in_body", "status"),
    [
        ({}, True, True, "401"),
        ({"parameter": "session"}, True, False, "401"),
        ({"parameter": "session"}, False, True, "200"),
        ({"parameter": "session", "in_query": True}, True, False, "200"),
    ],
)
def test_wsgi_takes_the_parameter_only_where_it_is_switched_on(
    issuer: TestIssuer, demands, in_query, in_body, status
) -> None:
    """As ASGI does, and the application reads the same body again."""
    token = issuer.token()
    body = form(token) if in_body else b""
    environ = {
        "REQUEST_METHOD": "POST",
        "QUERY_STRING": form(token).decode() if in_query else "",
        "CONTENT_TYPE": f"{FORM}; charset=utf-8",
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.input": io.BytesIO(body),
    }
    answered, read = [], []

    def app(environ: dict, start_response: Callable[..., Any]) -> list[bytes]:
        read.append(environ["wsgi.input"].read())
        start_response("200 OK", [])
        return []

    verifier = sync.Verifier(issuer.url, AUDIENCE, clock=issuer.time.clock)
    wsgi.SafeconductMiddleware(app, verifier, **demands)(environ, lambda line, _: answered.append(line[:3]))

    assert answered == [status]
    if status == "200":
        assert (read, environ["QUERY_STRING"]) == ([body], "a=1&b=2" if in_query else "")


def test_a_form_in_flask_carries_the_token_where_switched_on(issuer: TestIssuer) -> None:
    """Virtuozzo's clients send `session` in the form."""
    verifier = sync.Verifier(issuer.url, AUDIENCE, clock=issuer.time.clock)
    app = flask.Flask("api")
    app.add_url_rule(
        "/on", "on", requires(verifier, parameter="session")(lambda: flask.g.token.sub), methods=["POST"]
    )
    app.add_url_rule("/off", "off", requires(verifier)(lambda: "in"), methods=["POST"])
    client, body = app.test_client(), {"session": issuer.token()}

    assert [client.post(path, data=body).status_code for path in ("/on", "/off")] == [200, 401]
    assert client.post("/on?session=x", data={}).status_code == 401


async def test_aiohttp_handlers_may_have_scopes_of_their_own(issuer: TestIssuer, aiohttp_client) -> None:
    """The middleware asks for one scope, a decorated handler for its own; a form's parameter where switched on."""

    @on_aiohttp.requires("automation:view")
    async def automation(request: web.Request) -> web.Response:
        return web.Response(text=request[on_aiohttp.CLAIMS].sub)

    async def other(_: web.Request) -> web.Response:
        return web.Response()

    async with Verifier(issuer.url, AUDIENCE, clock=issuer.time.clock) as verifier:
        app = web.Application(middlewares=[on_aiohttp.middleware(verifier, "company", parameter="session")])
        app.router.add_post("/automation", automation)
        app.router.add_post("/other", other)
        client = await aiohttp_client(app)
        headers = {"Authorization": f"Bearer {issuer.token()}"}
        by_header = [(await client.post(path, headers=headers)).status for path in ("/automation", "/other")]
        by_form = (await client.post("/automation", data={"session": issuer.token()})).status

    assert (by_header, by_form) == ([200, 403], 200)


async def test_a_websocket_is_closed_without_a_token(issuer: TestIssuer) -> None:
    """1008, policy violation; the application never hears of it."""
    sent = []

    async def send(message: dict) -> None:
        sent.append(message)

    async with Verifier(issuer.url, AUDIENCE, clock=issuer.time.clock) as verifier:
        app = asgi.SafeconductMiddleware(None, verifier)
        await app({"type": "websocket", "path": "/", "headers": [], "query_string": b""}, None, send)

    assert sent == [{"type": "websocket.close", "code": 1008}]


def test_fastapi_tells_openapi_how_to_authenticate() -> None:
    """The scheme stands in /openapi.json, so that /docs has its button."""
    verifier = Verifier("https://tokens.example", AUDIENCE)
    app = fastapi.FastAPI()

    @app.get("/")
    async def get(token: Annotated[Claims, fastapi.Depends(Bearer(verifier, "connectors:view"))]) -> str:
        return token.sub

    document = app.openapi()

    [(name, scheme)] = document["components"]["securitySchemes"].items()
    assert (scheme["type"], scheme["scheme"], scheme["bearerFormat"]) == ("http", "bearer", "JWT")
    assert document["paths"]["/"]["get"]["security"] == [{name: []}]
