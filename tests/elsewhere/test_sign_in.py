"""Signing in through a provider that is good, and what it decides about the account."""

import pytest

from service.domain.issuance import Expiry, TokenRequest
from tests.api.oauth_fixtures import Authority
from tests.elsewhere.hostile_provider import ANN, Browser, HostileProvider

GROUPS = """
[[providers.grants]]
claim = "groups"
value = "flows"
scopes = ["automation", "connectors:view"]
[[providers.grants]]
claim = "groups"
value = "offices"
scopes = ["company"]
[[providers.grants]]
claim = "groups"
value = "old"
scopes = ["no_such_scope"]
"""


async def test_somebody_new_gets_an_account_and_goes_on_where_they_wanted(
    browser: Browser, provider: HostileProvider
) -> None:
    """Authorization code with PKCE, state and nonce (RFC 9700 section 2.1.1); the page gets a session."""
    asked = await browser.leave(wanted="/tokens?state=active")
    answer = await browser.return_with(code=provider.code(asked), state=asked["state"], iss=provider.issuer)

    assert (answer[0], answer[1]) == (303, "/tokens?state=active")
    assert (asked["response_type"], asked["code_challenge_method"]) == ("code", "S256")
    assert asked["tenant"] == "1"
    assert len({asked["state"], asked["nonce"], asked["code_challenge"]}) == 3
    assert (await browser.me())["name"] == "ann"
    assert "safeconduct-attempt" not in browser.cookies


async def test_they_are_known_by_issuer_and_subject_and_by_nothing_else(
    browser: Browser, authority: Authority, provider: HostileProvider
) -> None:
    """R54: another name and address are the same person; another subject with the same ones is somebody else, whom
    no local account of that name is given to.
    """
    await authority.user("ann")
    await browser.sign_in(provider)
    first = await browser.me()
    provider.claims |= {"preferred_username": "annabel", "email": "annabel@example.com"}
    await browser.sign_in(provider)
    again = await browser.me()
    provider.claims = {**ANN, "sub": "another"}
    await browser.sign_in(provider)
    another = await browser.me()

    assert first["id"] == again["id"] != another["id"]
    assert first["name"].startswith("ann (")
    assert another["name"] != first["name"]


@pytest.mark.parametrize("mapping", ["create_users = false"])
async def test_nobody_new_is_let_in_where_none_are_made(
    browser: Browser, authority: Authority, provider: HostileProvider
) -> None:
    """Policy of the provider: whoever is not known here is told whom to ask."""
    status, _, text = await browser.sign_in(provider)

    assert status == 401
    assert "You are not known here yet" in text
    assert await authority.services.find_user("ann") is None


async def test_a_disabled_account_stays_disabled(
    browser: Browser, authority: Authority, provider: HostileProvider
) -> None:
    """R17: the provider's yes opens no account that was closed here."""
    await browser.sign_in(provider)
    ann = await authority.services.find_user("ann")
    await authority.services.disable_user(ann.id, actor="test")

    status, _, text = await browser.sign_in(provider)

    assert status == 401
    assert "is disabled" in text
    assert await browser.me() is None


@pytest.mark.parametrize("mapping", [GROUPS])
async def test_claims_say_what_may_be_handed_out_at_every_sign_in(
    browser: Browser, authority: Authority, provider: HostileProvider
) -> None:
    """The mapping is judged anew each time; what lies beyond a narrower grant ends with it (R17, L42)."""
    provider.claims["groups"] = ["flows", "offices", "unmapped", "old"]
    await browser.sign_in(provider)
    wide = (await browser.me())["grant"]["scopes"]
    ann = await authority.services.find_user("ann")
    kept, lost = [
        await authority.services.issue(
            TokenRequest(note="test", scopes=(scope,), expiry=Expiry(days=1)), owner_id=ann.id, actor="test"
        )
        for scope in ("automation:view", "company")
    ]

    provider.claims["groups"] = "flows"
    await browser.sign_in(provider)
    narrow = (await browser.me())["grant"]["scopes"]
    actives = [b'"active":true' in (await authority.introspect(t.jwt.reveal())).body for t in (kept, lost)]
    del provider.claims["groups"]
    await browser.sign_in(provider)
    none = (await browser.me())["grant"]["scopes"]

    assert (sorted(wide), sorted(narrow), none) == (
        ["automation", "company", "connectors:view"],
        ["automation", "connectors:view"],
        [],
    )
    assert actives == [True, False]
    assert b'"active":false' in (await authority.introspect(kept.jwt.reveal())).body


@pytest.mark.parametrize("mapping", ["userinfo = true"])
async def test_what_only_the_userinfo_endpoint_tells_counts_as_well(
    browser: Browser, provider: HostileProvider
) -> None:
    """OpenID Connect Core section 5.3.2: of the same subject, and of nobody else."""
    provider.claims, provider.userinfo = {"sub": "s1"}, {"sub": "s1", "preferred_username": "bea"}
    await browser.sign_in(provider)
    name = (await browser.me())["name"]
    provider.userinfo = {"sub": "s2", "preferred_username": "bea"}

    assert name == "bea"
    assert (await browser.sign_in(provider))[0] == 401


async def test_a_key_that_is_new_is_looked_for_once_in_a_while(
    browser: Browser, provider: HostileProvider, clock
) -> None:
    """The provider rotates: a fresher key set is fetched, but unknown keys cannot make us ask at will."""
    await browser.sign_in(provider)
    provider.kid = "next"
    too_soon = await browser.sign_in(provider)
    clock.advance(60)
    later = await browser.sign_in(provider)

    assert (too_soon[0], later[0]) == (401, 303)


async def test_a_provider_that_is_away_is_said_to_be(browser: Browser, provider: HostileProvider) -> None:
    """No answer is an answer that people get in words, with 503, and local sign-in goes on."""
    status, _, text = await browser.get("/sign-in/with/away")

    assert status == 503
    assert "cannot be reached" in text
    assert "Sign in with Home &amp; Co" in text
    assert (await browser.get("/sign-in/with/nobody"))[0] == 404


async def test_a_change_is_confirmed_by_being_asked_anew(
    browser: Browser, authority: Authority, provider: HostileProvider
) -> None:
    """Threats 14: `prompt=login` and `max_age=0`, and an `auth_time` that is not older than the question; nobody
    else's, and a session that was opened without one is not confirmed at all.
    """
    await browser.sign_in(provider)
    before = (await browser.me())["session"]["confirmed_at"]
    session = browser.cookies["safeconduct"]

    async def confirm(**claims: object) -> tuple[int, str, str]:
        asked = await browser.leave(path="/confirm/with/home")
        assert (asked["prompt"], asked["max_age"]) == ("login", "0")
        provider.claims = {**ANN, **claims}
        return await browser.return_with(code=provider.code(asked), state=asked["state"], iss=provider.issuer)

    now = provider.clock()
    refused = [await confirm(), await confirm(auth_time=now - 120), await confirm(sub="b", auth_time=now)]
    unchanged = (await browser.me())["session"]["confirmed_at"]
    taken = await confirm(auth_time=provider.clock())

    assert before == unchanged == "1970-01-01T00:00:00Z"
    assert [status for status, _, _ in refused] == [401, 401, 401]
    assert (taken[0], taken[1]) == (303, "/confirmed")
    assert (await browser.me())["session"]["confirmed_at"] > "2020"
    assert browser.cookies["safeconduct"] != session
