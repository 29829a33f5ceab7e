import pytest

from service.domain.session import Carrier
from service.web.headers import CONTENT_SECURITY_POLICY
from tests.api.api_fixtures import NEW_TOKEN, PASSWORD, TOKENS, Api, Person, beside

SECURITY = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Server": "safeconduct",
}
CALLS = [
    ("GET", "/livez", None),
    ("GET", "/readyz", None),
    ("GET", "/metrics", None),
    ("GET", "/nope", None),
    ("PUT", "/livez", None),
    ("GET", TOKENS, None),
    ("POST", "/v1/session", {}),
    ("POST", "/v1/session", {"name": "x", "password": "x"}),
    ("POST", "/oauth2/introspect", None),
    ("GET", "/.well-known/jwks.json", None),
    ("OPTIONS", "/.well-known/jwks.json", None),
    ("GET", "/status-lists", None),
    ("GET", "/status-lists/x", None),
]


HTTPS = {"issuer": "https://tokens.example.com"}


@pytest.mark.parametrize(("method", "path", "body"), CALLS)
async def test_every_answer_has_the_security_headers(
    api: Api, method: str, path: str, body: dict[str, str] | None
) -> None:
    """S57: Errors and public documents too; the library's name and version are told nobody (R51, R76, S29)."""
    reply = await api.call(method, path, json=body)

    assert {name: reply.headers.get(name) for name in SECURITY} == SECURITY
    assert "Strict-Transport-Security" not in reply.headers


async def test_what_holds_a_secret_is_never_stored(api: Api, ann: Person) -> None:
    """`no-store` unless a public document says otherwise (S37)."""
    made = await api.create(ann)
    calls = [
        ("POST", TOKENS, NEW_TOKEN),
        ("GET", TOKENS, None),
        ("GET", f"{TOKENS}/{made['id']}", None),
        ("GET", "/v1/me", None),
        ("POST", "/v1/session", {"name": "ann", "password": PASSWORD}),
        ("GET", "/readyz", None),
        ("GET", "/nope", None),
    ]

    stored = {
        (await api.call(method, path, by=ann, json=body)).headers["Cache-Control"]
        for method, path, body in calls
    }

    assert stored == {"no-store"}
    assert "max-age" in (await api.call("GET", "/.well-known/jwks.json")).headers["Cache-Control"]


async def test_an_https_issuer_binds_browsers_to_https(api: Api) -> None:
    """HSTS for a year on every answer."""
    async with beside(api, settings=HTTPS) as secure:
        replies = [await secure.call("GET", path) for path in ("/livez", "/nope", "/.well-known/jwks.json")]

    assert {reply.headers["Strict-Transport-Security"] for reply in replies} == {"max-age=31536000"}


async def test_an_https_issuers_cookie_is_bound_to_its_host(api: Api, ann: Person) -> None:
    """`__Host-` and Secure: no other host, no subdomain and no http can set or read it (R49, S28)."""
    body = {"name": "ann", "password": PASSWORD, "carrier": "cookie"}

    async with beside(api, settings=HTTPS) as secure:
        cookie = (await secure.call("POST", "/v1/session", json=body)).headers["Set-Cookie"]
        pair, *attributes = cookie.split("; ")
        statuses = [
            (await secure.call("GET", "/v1/me", headers={"Cookie": each})).status
            for each in (pair, pair.removeprefix("__Host-"))
        ]

    assert pair.startswith("__Host-safeconduct=")
    assert set(attributes) == {"Path=/", "HttpOnly", "SameSite=Lax", "Secure", "Max-Age=43200"}
    assert statuses == [200, 401]


async def test_a_request_id_is_ours(api: Api) -> None:
    """A stranger cannot choose what stands in our logs; each answer has its own."""
    replies = [await api.call("GET", "/nope", headers={"X-Request-Id": "canary-canary"}) for _ in range(2)]

    first, second = [reply.headers["X-Request-Id"] for reply in replies]
    assert "canary-canary" not in {first, second}
    assert first != second


async def test_a_trusted_proxy_may_bring_the_request_id(api: Api) -> None:
    """So that one id follows a request through all logs; only what looks like an id is taken."""
    async with beside(api, settings={"trusted_proxies": ("127.0.0.0/8",)}) as behind:
        given = [
            (await behind.call("GET", "/nope", headers={"X-Request-Id": each})).headers["X-Request-Id"]
            for each in ("0af7651916cd43dd", "a b", '"x"', "x" * 65)
        ]

    assert given[0] == "0af7651916cd43dd"
    assert not {"a b", '"x"', "x" * 65} & set(given)


async def test_a_session_secret_is_nowhere_but_in_its_answer(api: Api, ann: Person) -> None:
    """A cookie session's answer shows the secret to the browser alone."""
    page = await api.sign_in("ann", Carrier.COOKIE)

    replies = [await api.call("GET", path, by=page) for path in ("/v1/me", TOKENS, "/v1/scopes", "/nope")]

    assert not any(page.secret.encode() in reply.body for reply in replies)
