"""A platform's own access tokens as credentials of the management API (threats 14)."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import aiohttp
import pytest

from service.api.routes import ROUTES
from service.domain.principal import CredentialKind
from service.domain.user import Role, User
from tests.api.api_fixtures import NEW_TOKEN, TOKENS, Api, Reply
from tests.api.oauth_fixtures import Authority
from tests.elsewhere.hostile_provider import ANN, Browser, Claims, HostileProvider

AUDIENCE, SCOPE, SHELL = "https://tokens.example/manage", "tokens:manage", "https://shell.example"


@pytest.fixture
def mapping(provider: HostileProvider, people: str) -> str:
    """The same issuer as a platform."""
    return f"""
[[platforms]]
issuer = "{provider.issuer}"
audience = "{AUDIENCE}"
scope = "{SCOPE}"
clients = ["shell", "other-shell"]
origins = ["{SHELL}"]
{people}
"""


@pytest.fixture
def people() -> str:
    """What the file says of the platform's people."""
    return ""


@pytest.fixture
async def api(authority: Authority) -> AsyncIterator[Api]:
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as http:
        yield Api(authority, http)


@pytest.fixture
async def ann(browser: Browser, provider: HostileProvider, authority: Authority) -> User:
    """Who has signed in here once, through the same issuer."""
    assert (await browser.sign_in(provider))[0] == 303
    return await authority.services.find_user("ann")


def said(provider: HostileProvider, **claims: Any) -> Claims:
    """An access token's claims; None leaves one out."""
    now = provider.clock()
    usual = {
        "iss": provider.issuer,
        "aud": AUDIENCE,
        "sub": ANN["sub"],
        "iat": now,
        "exp": now + 600,
        "auth_time": now,
        "client_id": "shell",
        "scope": f"openid {SCOPE}",
    }
    return {name: value for name, value in {**usual, **claims}.items() if value is not None}


def a_token(provider: HostileProvider, typ: str = "at+jwt", **claims: Any) -> str:
    return provider.jwt(said(provider, **claims), typ=typ)


async def test_a_platform_manages_the_tokens_of_its_user(
    api: Api, ann: User, provider: HostileProvider
) -> None:
    """Make, list, see, edit, renew, check and revoke: everything of the user's own, and `/v1/me` says who that is."""
    bearer = a_token(provider)

    me = (await api.call("GET", "/v1/me", bearer=bearer)).document
    made = await api.call("POST", TOKENS, bearer=bearer, json=NEW_TOKEN)
    path = f"{TOKENS}/{made.document['id']}"
    edited = await api.call("PATCH", path, bearer=bearer, json={"note": "another"})
    renewed = await api.call("POST", f"{path}/regenerate", bearer=bearer, json={"expiration": 3})
    listed = (await api.call("GET", TOKENS, bearer=bearer)).document
    revoked = await api.call("DELETE", path, bearer=bearer)

    assert (me["name"], me["session"]["carrier"]) == ("ann", "platform")
    assert (made.status, edited.status, renewed.status, revoked.status) == (201, 200, 201, 200)
    assert [each["note"] for each in listed] == ["another"]


NO_CREDENTIALS: dict[str, dict[str, Any]] = {
    "another audience": {"aud": "https://tokens.example/api"},
    "no audience": {"aud": None},
    "an id_token": {"aud": "safeconduct", "scope": None, "nonce": "n"},
    "without the scope": {"scope": "openid"},
    "a longer scope": {"scope": f"{SCOPE}r"},
    "a scope that is a number": {"scope": 7},
    "another client": {"client_id": "evil"},
    "no client": {"client_id": None},
    "two clients": {"azp": "evil"},
    "expired": {"exp": 1_000},
    "without an end": {"exp": None},
    "of tomorrow": {"iat": 4_000_000_000, "exp": 4_000_000_100},
    "not yet": {"nbf": 4_000_000_000},
    "without a subject": {"sub": None},
    "a logout_token": {"typ": "logout+jwt"},
    "another type": {"typ": "dpop+jwt"},
}


async def test_no_other_token_of_the_issuer_is_a_credential(
    api: Api, ann: User, provider: HostileProvider
) -> None:
    """Audience, scope, client, type, times: 401 each; its id_tokens and its tokens for other APIs open nothing."""
    tokens = {name: a_token(provider, **claims) for name, claims in NO_CREDENTIALS.items()}
    good = a_token(provider)
    tokens |= {"damaged": good[:-6] + "AAAAAA", "unsigned": good.rpartition(".")[0] + "."}

    answers = {name: (await api.call("GET", TOKENS, bearer=token)).status for name, token in tokens.items()}
    stranger = await api.call("GET", TOKENS, bearer=a_token(provider, sub="nobody"))
    shapes = [
        await api.call(
            "GET",
            TOKENS,
            bearer=a_token(provider, typ="JWT", client_id=None, azp="shell", scope=None, scp=SCOPE),
        ),
        await api.call(
            "GET",
            TOKENS,
            bearer=a_token(provider, client_id=None, cid="other-shell", scope=None, scp=[SCOPE]),
        ),
    ]

    assert answers == dict.fromkeys(tokens, 401)
    assert (stranger.status, stranger.code) == (403, "not_allowed")
    assert [shape.status for shape in shapes] == [200, 200]


async def test_it_opens_nothing_but_what_is_its_users_own(
    api: Api, ann: User, provider: HostileProvider, authority: Authority
) -> None:
    """Whatever the user may do with a session: no administration, no sessions, no passwords, no machines (R16)."""
    root = await api.person("root", role=Role.ADMINISTRATOR)
    await authority.services.governance.change_role(ann.id, Role.ADMINISTRATOR, actor=f"user:{root.user.id}")
    bearer, closed, opened = a_token(provider), [], []
    for route in ROUTES:
        if CredentialKind.NOBODY in route.callers or route.callers <= {
            CredentialKind.CLIENT,
            CredentialKind.GATEWAY,
        }:
            continue
        path = route.path.replace("{id}", "00000000-0000-4000-8000-000000000000").replace("{kid}", "x")
        reply = await api.call(
            route.method,
            path.replace("{token_id}", "x"),
            bearer=bearer,
            json={} if route.method in {"POST", "PUT", "PATCH"} else None,
        )
        (closed if reply.status == 403 else opened).append(route)

    assert {CredentialKind.PLATFORM in route.callers for route in closed} == {False}
    assert {CredentialKind.PLATFORM in route.callers for route in opened} == {True}
    assert len(opened) == 12


async def test_an_auditor_changes_nothing_by_it(
    api: Api, ann: User, provider: HostileProvider, authority: Authority
) -> None:
    """A role binds whatever carries it."""
    await authority.services.governance.change_role(ann.id, Role.AUDITOR, actor="test")
    bearer = a_token(provider)

    reply = await api.call("POST", TOKENS, bearer=bearer, json=NEW_TOKEN)

    assert (reply.status, reply.code) == (403, "auditor_changes_nothing")
    assert (await api.call("GET", TOKENS, bearer=bearer)).status == 200


async def set_confirm(authority: Authority, confirm: object) -> None:
    catalogue = authority.services.current.catalogue
    policy = replace(catalogue.policy, confirm=confirm)
    await authority.services.apply_catalogue(replace(catalogue, policy=policy), actor="test")


async def test_it_confirms_only_what_its_user_proved_just_now(
    api: Api, ann: User, provider: HostileProvider, authority: Authority
) -> None:
    """Threats 14: by `auth_time`, at most five minutes old whatever the policy's window; else 401 step-up with
    `max_age` (RFC 9470). Under `every` one proof is good for one change, also of several at once.
    """
    await set_confirm(authority, 3_600)

    async def make(age: int | None, now: int) -> Reply:
        bearer = a_token(provider, auth_time=None if age is None else now - age)
        return await api.call("POST", TOKENS, bearer=bearer, json=NEW_TOKEN)

    window = [await make(age, provider.clock()) for age in (None, 400, 200)]
    await set_confirm(authority, "every")
    now = provider.clock()
    at_once = await asyncio.gather(*(make(5, now) for _ in range(4)))
    too_old = await make(120, provider.clock())
    await set_confirm(authority, "sign-in")
    unasked = await make(None, provider.clock())

    assert [reply.status for reply in window] == [401, 401, 201]
    assert window[0].code == "insufficient_user_authentication"
    assert 'max_age="300"' in window[0].headers["WWW-Authenticate"]
    assert sorted(reply.status for reply in at_once) == [201, 401, 401, 401]
    assert (too_old.status, unasked.status) == (401, 201)


async def test_a_disabled_user_is_nobody(
    api: Api, ann: User, provider: HostileProvider, authority: Authority
) -> None:
    """R17: the platform's word opens no account that was closed here."""
    await authority.services.disable_user(ann.id, actor="test")

    assert (await api.call("GET", TOKENS, bearer=a_token(provider))).status == 401


@pytest.mark.parametrize(
    "people",
    ['create_users = true\n[[platforms.grants]]\nclaim = "roles"\nvalue = "flows"\nscopes = ["automation"]'],
)
async def test_somebody_new_is_made_where_the_file_says_so(api: Api, provider: HostileProvider) -> None:
    """First sight by a platform's token: one account however many calls come at once, with the mapping's grant."""
    bearer = a_token(provider, sub="new", roles=["flows"], preferred_username="nina")

    replies = await asyncio.gather(*(api.call("GET", "/v1/me", bearer=bearer) for _ in range(5)))

    assert len({reply.document["id"] for reply in replies}) == 1
    assert (replies[0].document["name"], replies[0].document["grant"]["scopes"]) == ("nina", ["automation"])


async def test_whoever_comes_by_the_platform_is_here(
    api: Api, ann: User, provider: HostileProvider, authority: Authority, clock
) -> None:
    """Leavers: who never opens our pages, because the platform's have ours in them, is not gone."""
    issued = await authority.token(ann, days=300)
    catalogue = authority.services.current.catalogue
    policy = replace(catalogue.policy, owner_seen_within=30)
    await authority.services.apply_catalogue(replace(catalogue, policy=policy), actor="test")
    clock.advance(31 * 86_400)
    paused = await authority.opened.housekeeping._pause_absent()
    gone = (await authority.introspect(issued.jwt.reveal())).body
    await api.call("GET", TOKENS, bearer=a_token(provider))

    assert paused == 1
    assert gone == b'{"active":false}'
    assert b'"active":true' in (await authority.introspect(issued.jwt.reveal())).body


async def test_a_platform_with_a_key_of_ours_is_no_platform(
    api: Api, ann: User, provider: HostileProvider, authority: Authority, clock
) -> None:
    """Threats 14: who published our keys as theirs would make every personal access token a credential of the API."""
    good = a_token(provider)
    before = await api.call("GET", TOKENS, bearer=good)
    ours = [dict(key.public_jwk) for key in authority.services.current.ring.keys]
    provider.more_keys = [{**jwk, "use": "sig"} for jwk in ours]
    clock.advance(3_601)

    after = await api.call("GET", TOKENS, bearer=a_token(provider))

    assert (before.status, after.status) == (200, 401)


async def test_pages_of_the_listed_origins_may_call_and_no_others(
    api: Api, ann: User, provider: HostileProvider
) -> None:
    """CORS: exact origins, the management API alone, no credentials; a refusal can be read as well. No page gets in
    with a cookie or a session that way (R50).
    """
    bearer = a_token(provider)
    foreign = (
        "https://evil.example",
        f"{SHELL}.evil.example",
        "http://shell.example",
        f"{SHELL}:444",
        "null",
    )
    asks = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}

    preflight = await api.call("OPTIONS", TOKENS, headers={"Origin": SHELL, **asks})
    made = await api.call(
        "POST",
        TOKENS,
        bearer=bearer,
        json=NEW_TOKEN,
        headers={"Origin": SHELL, "Sec-Fetch-Site": "cross-site"},
    )
    refused = await api.call("GET", TOKENS, bearer="e30.e30.e30", headers={"Origin": SHELL})
    others = [await api.call("OPTIONS", TOKENS, headers={"Origin": origin, **asks}) for origin in foreign]
    changes = [
        await api.call("POST", TOKENS, bearer=bearer, json=NEW_TOKEN, headers={"Origin": origin})
        for origin in foreign
    ]
    elsewhere = [
        await api.call("OPTIONS", path, headers={"Origin": SHELL, **asks})
        for path in ("/v1/session", "/v1/admin/users", f"{TOKENS}/self/regenerate", "/tokens")
    ]
    session = await api.person("bob")
    by_session = await api.call("POST", TOKENS, by=session, json=NEW_TOKEN, headers={"Origin": SHELL})

    assert (preflight.status, preflight.headers["Access-Control-Allow-Origin"]) == (204, SHELL)
    assert (made.status, made.headers["Access-Control-Allow-Origin"], made.headers["Vary"]) == (
        201,
        SHELL,
        "Origin",
    )
    assert (refused.status, refused.headers["Access-Control-Allow-Origin"]) == (401, SHELL)
    assert [reply.status for reply in others] == [405] * len(foreign)
    assert [reply.status for reply in changes] == [403] * len(foreign)
    assert [reply.status for reply in elsewhere] == [405] * 4
    assert by_session.status == 403
    every = [preflight, made, refused, *others, *changes, *elsewhere, by_session]
    assert not [reply for reply in every if "Access-Control-Allow-Credentials" in reply.headers]
    closed = [*others, *changes, *elsewhere]
    assert not [reply for reply in closed if "Access-Control-Allow-Origin" in reply.headers]
    assert json.loads(made.body)["note"] == NEW_TOKEN["note"]
