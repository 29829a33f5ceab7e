"""What a provider says of people who left, and who may say so."""

import asyncio
import secrets
from typing import Any

import pytest

from service.domain.identifiers import to_wire
from tests.api.oauth_fixtures import Answer, Authority, basic
from tests.elsewhere.hostile_provider import ANN, CLIENT_ID, Browser, Claims, HostileProvider

EVENT = "http://schemas.openid.net/event/backchannel-logout"
LOGOUT = "/oauth2/backchannel-logout/home"
DISABLE = "/v1/admin/users/disable"


def said(provider: HostileProvider, **claims: Any) -> Claims:
    """A logout_token's claims; None leaves one out."""
    now = provider.clock()
    usual = {
        "iss": provider.issuer,
        "aud": CLIENT_ID,
        "iat": now,
        "exp": now + 120,
        "jti": secrets.token_hex(8),
        "events": {EVENT: {}},
        "sub": ANN["sub"],
    }
    return {name: value for name, value in {**usual, **claims}.items() if value is not None}


async def log_out(authority: Authority, token: str) -> Answer:
    return await authority.post(LOGOUT, {"logout_token": token})


async def signed_in(browser: Browser, provider: HostileProvider, sid: str | None = None) -> Browser:
    """Another browser of the same person."""
    other = Browser(browser.authority, browser.http)
    provider.claims = {**ANN, **({"sid": sid} if sid else {})}
    assert (await other.sign_in(provider))[0] == 303
    return other


async def test_a_session_of_the_provider_ends_what_it_opened(
    browser: Browser, authority: Authority, provider: HostileProvider
) -> None:
    """Back-channel logout by `sid` ends that session's alone, by `sub` all of its user's; the repeat of a token is
    refused, and another's subject beside a `sid` ends nothing.
    """
    one, two, three = [await signed_in(browser, provider, sid) for sid in ("s1", "s2", None)]
    foreign = await log_out(
        authority, provider.jwt(said(provider, sid="s1", sub="somebody"), typ="logout+jwt")
    )
    kept = await one.me()
    token = provider.jwt(said(provider, sid="s1", sub=None), typ="logout+jwt")
    first, repeat = await log_out(authority, token), await log_out(authority, token)
    by_sid = [await each.me() is not None for each in (one, two, three)]
    all_of_them = await log_out(authority, provider.jwt(said(provider), typ="JWT"))
    by_sub = [await each.me() for each in (two, three)]

    assert (foreign.status, first.status, repeat.status, all_of_them.status) == (200, 200, 400, 200)
    assert kept is not None
    assert by_sid == [False, True, True]
    assert by_sub == [None, None]
    assert first.header("Cache-Control") == "no-store"
    assert repeat.body == b'{"error":"invalid_request"}'


NO_LOGOUTS = {
    "an id_token": {"nonce": "n", "events": None},
    "with a nonce": {"nonce": "n"},
    "no event": {"events": None},
    "another event": {"events": {"http://schemas.example/event": {}}},
    "an event in words": {"events": {EVENT: "now"}},
    "another issuer": {"iss": "https://evil.example"},
    "another audience": {"aud": "another"},
    "nobody": {"sub": None},
    "no jti": {"jti": None},
    "no iat": {"iat": None},
    "an old one": {"iat": 1_000, "exp": None},
    "expired": {"exp": 1_000},
    "of tomorrow": {"iat": 4_000_000_000, "exp": 4_000_000_100},
}


async def test_nothing_else_ends_a_session(
    browser: Browser, authority: Authority, provider: HostileProvider
) -> None:
    """Section 2.6: type, issuer, audience, times, event, no nonce, and the provider's own signature."""
    ann = await signed_in(browser, provider)
    tokens = {
        name: provider.jwt(said(provider, **claims), typ="logout+jwt") for name, claims in NO_LOGOUTS.items()
    }
    good = provider.jwt(said(provider), typ="logout+jwt")
    tokens |= {
        "an access token": provider.jwt(said(provider), typ="at+jwt"),
        "unsigned": good.rpartition(".")[0] + ".",
        "damaged": good[:-6] + "AAAAAA",
        "rubbish": "logout",
    }

    answers = {name: (await log_out(authority, token)).status for name, token in tokens.items()}
    others = [
        await authority.post(LOGOUT, {}),
        await authority.post("/oauth2/backchannel-logout/nobody", {"logout_token": good}),
        await authority.post("/oauth2/backchannel-logout/away", {"logout_token": good}),
    ]

    assert answers == dict.fromkeys(tokens, 400)
    assert [answer.status for answer in others] == [400, 400, 503]
    assert await ann.me() is not None
    assert (await log_out(authority, good)).status == 200


async def test_a_logout_that_comes_twice_at_once_is_one(
    browser: Browser, authority: Authority, provider: HostileProvider
) -> None:
    """`jti` once, at any replica: whatever it races with."""
    await signed_in(browser, provider)
    token = provider.jwt(said(provider), typ="logout+jwt")

    answers = await asyncio.gather(*(log_out(authority, token) for _ in range(5)))

    assert sorted(answer.status for answer in answers) == [200, 400, 400, 400, 400]


async def tell(authority: Authority, header: str, **body: object) -> Answer:
    text = "{" + ",".join(f'"{name}":"{value}"' for name, value in body.items()) + "}"
    return await authority.send("POST", DISABLE, "Content-Type: application/json", header, body=text.encode())


async def test_the_providers_webhook_disables_who_left(
    browser: Browser, authority: Authority, provider: HostileProvider
) -> None:
    """By (iss, sub), idempotent, and of a stranger without a fault: sessions and tokens end in one transaction (R17);
    only a client with this very right may say so.
    """
    ann = await signed_in(browser, provider)
    user = await authority.services.find_user("ann")
    issued = await authority.token(user)
    client, secret = await authority.new_client("disable_users")
    other, others = await authority.new_client("introspect", "revoke", "exchange")
    who = {"issuer": provider.issuer, "subject": ANN["sub"]}

    refused = [
        await tell(authority, basic(other.id, others), **who),
        await tell(authority, basic(client.id, "wrong"), **who),
        await tell(authority, "X: y", **who),
    ]
    lives = await ann.me()
    stranger = await tell(authority, basic(client.id, secret), issuer=provider.issuer, subject="nobody")
    first, repeat = [await tell(authority, basic(client.id, secret), **who) for _ in range(2)]

    assert [answer.status for answer in refused] == [403, 401, 401]
    assert lives is not None
    assert (stranger.status, stranger.body) == (200, b'{"user":null,"revoked_values":0}')
    named = to_wire(user.id).encode()
    assert (first.status, first.body) == (200, b'{"user":"%b","revoked_values":1}' % named)
    assert repeat.body == b'{"user":"%b","revoked_values":0}' % named
    assert await ann.me() is None
    assert b'"active":false' in (await authority.introspect(issued.jwt.reveal())).body
    assert (await ann.sign_in(provider))[0] == 401


@pytest.mark.parametrize(
    "body", [{"issuer": "x"}, {"issuer": "", "subject": "x"}, {"issuer": "x", "sub": "y"}]
)
async def test_a_webhook_says_all_of_it(authority: Authority, body: dict[str, str]) -> None:
    """Both names, and nothing that nobody reads."""
    client, secret = await authority.new_client("disable_users")

    assert (await tell(authority, basic(client.id, secret), **body)).status in {400, 422}
