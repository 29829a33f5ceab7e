"""Answers that must open nothing: what RFC 9700, RFC 9207 and OpenID Connect Core section 3.1.3.7 warn of."""

import io
import json
import logging
from collections.abc import Callable
from typing import Any

import jwt
import structlog
from cryptography.hazmat.primitives.asymmetric import ec
from safeconduct.base64url import encode

from service.domain.secret import Secret
from service.domain.sign_in_attempt import Attempt, Purpose
from service.logs import set_up_logs
from service.settings import Settings
from tests.elsewhere.hostile_provider import (
    ANN,
    CLIENT_ID,
    CLIENT_SECRET,
    Browser,
    Claims,
    HostileProvider,
    together,
)


def setting(**members: Any) -> Callable[[Claims], object]:
    return lambda claims: claims.update(members)


def without(name: str) -> Callable[[Claims], object]:
    return lambda claims: claims.pop(name, None)


def moved(name: str, seconds: int) -> Callable[[Claims], object]:
    return lambda claims: claims.update({name: claims["iat"] + seconds})


LIES = {
    "another nonce": setting(nonce="n" * 43),
    "no nonce": without("nonce"),
    "a foreign issuer": setting(iss="https://accounts.example"),
    "a slash more": lambda claims: claims.update(iss=claims["iss"] + "/"),
    "another audience": setting(aud="another"),
    "no audience": without("aud"),
    "two audiences, nobody's": setting(aud=[CLIENT_ID, "another"]),
    "another's azp": setting(aud=[CLIENT_ID, "another"], azp="another"),
    "another's azp alone": setting(azp="another"),
    "expired": moved("exp", -1),
    "no end": without("exp"),
    "an end in words": setting(exp="never"),
    "issued in the future": lambda claims: claims.update(iat=claims["iat"] + 120),
    "not before tomorrow": moved("nbf", 86_400),
    "issued long ago": lambda claims: claims.update(iat=claims["iat"] - 3_600),
    "nobody": without("sub"),
    "an empty subject": setting(sub=""),
    "a subject with a line end": setting(sub="ann\n"),
    "a subject that is a number": setting(sub=7),
    "a subject that is too long": setting(sub="a" * 256),
    "an auth_time in words": setting(auth_time="now"),
}


async def test_an_id_token_that_says_otherwise_opens_nothing(
    browser: Browser, provider: HostileProvider
) -> None:
    """Each claim is judged, and people get one sentence; without the lie the same sign-in is good."""
    opened = {}
    for name, lie in LIES.items():
        provider.spoil = lie
        status, _, text = await browser.sign_in(provider)
        opened[name] = (status, "proves nothing" in text, await browser.me())
    provider.spoil = without("sid")

    assert opened == dict.fromkeys(LIES, (401, True, None))
    assert (await browser.sign_in(provider))[0] == 303


def unsigned(_provider: HostileProvider, claims: Claims) -> str:
    return jwt.encode(claims, None, "none")


def by_secret(_provider: HostileProvider, claims: Claims) -> str:
    return jwt.encode(claims, CLIENT_SECRET, "HS256")


def by_public_key(provider: HostileProvider, claims: Claims) -> str:
    """The classic: the public key, taken for a shared secret."""
    head = encode(json.dumps({"alg": "HS256", "typ": "JWT", "kid": provider.kid}).encode())
    return f"{head}.{encode(json.dumps(claims).encode())}.{encode(b's' * 32)}"


def by_somebody_else(provider: HostileProvider, claims: Claims) -> str:
    key = ec.generate_private_key(ec.SECP256R1())
    return jwt.encode(claims, key, "ES256", headers={"kid": provider.kid})


SIGNATURES = {
    "none": unsigned,
    "HS256 by our secret": by_secret,
    "HS256 by the public key": by_public_key,
    "another's key under its name": by_somebody_else,
    "cut": lambda provider, claims: provider.jwt(claims)[:-8],
    "a logout_token": lambda provider, claims: provider.jwt(claims, typ="logout+jwt"),
    "an access token": lambda provider, claims: provider.jwt(claims, typ="at+jwt"),
    "crit": lambda provider, claims: provider.jwt(claims, crit=["x"], x=1),
    "no JWT": lambda _provider, _claims: "id_token",
    "five segments": lambda provider, claims: provider.jwt(claims) + ".a.b",
}


async def test_nothing_is_believed_that_the_provider_did_not_sign(
    browser: Browser, provider: HostileProvider
) -> None:
    """Algorithms come from a list and from the key, keys from the issuer (RFC 8725; attacks 1 to 10)."""
    opened = {}
    for name, provider.sign in SIGNATURES.items():
        status, _, _ = await browser.sign_in(provider)
        opened[name] = (status, await browser.me())
    provider.sign = None

    assert opened == dict.fromkeys(SIGNATURES, (401, None))
    assert (await browser.sign_in(provider))[0] == 303


async def test_an_answer_fits_one_browser_once(browser: Browser, provider: HostileProvider) -> None:
    """R54: a replayed, a foreign or a missing state opens nothing, also with the cookie put back."""
    asked = await browser.leave()
    cookie = dict(browser.cookies)
    answer = {"state": asked["state"], "iss": provider.issuer}
    other = Browser(browser.authority, browser.http)
    strange = [
        await other.return_with(code=provider.code(asked), **answer),
        await browser.return_with(code=provider.code(asked), state="x" * 43, iss=provider.issuer),
        await browser.return_with(code=provider.code(asked), iss=provider.issuer),
    ]
    browsers = [Browser(browser.authority, browser.http, dict(cookie)) for _ in range(4)]
    at_once = await together(*(each.return_with(code=provider.code(asked), **answer) for each in browsers))
    browser.cookies = dict(cookie)
    replayed = await browser.return_with(code=provider.code(asked), **answer)

    assert [status for status, _, _ in [*strange, replayed]] == [401] * 4
    assert sorted(status for status, _, _ in at_once) == [303, 401, 401, 401]
    assert "begun in this browser" in replayed[2]


async def test_an_answer_that_comes_too_late_opens_nothing(
    browser: Browser, provider: HostileProvider, clock
) -> None:
    """Ten minutes from the way out to the way back."""
    asked = await browser.leave()
    clock.advance(600)

    status, _, _ = await browser.return_with(
        code=provider.code(asked), state=asked["state"], iss=provider.issuer
    )

    assert status == 401


async def test_an_issuer_that_is_named_must_be_the_one_that_was_asked(
    browser: Browser, provider: HostileProvider
) -> None:
    """RFC 9207: the mix-up, and an issuer that is missing where the provider announces that it names itself."""
    answers = []
    for issuer in ({"iss": "https://evil.example"}, {}):
        asked = await browser.leave()
        answers.append(await browser.return_with(code=provider.code(asked), state=asked["state"], **issuer))

    assert [status for status, _, _ in answers] == [401, 401]
    assert provider.asked == []  # the code was sent nowhere


async def test_one_providers_answer_is_not_taken_for_anothers(
    browser: Browser, provider: HostileProvider
) -> None:
    """Each provider has its own address for answers, and an attempt is one provider's."""
    asked = await browser.leave("home")

    status, _, _ = await browser.return_with(
        "away", code=provider.code(asked), state=asked["state"], iss=provider.issuer
    )

    assert status == 401
    assert provider.asked == []


async def test_a_code_of_another_client_or_another_attempt_opens_nothing(
    browser: Browser, provider: HostileProvider
) -> None:
    """The provider refuses to redeem what was not given to us with this very PKCE challenge."""
    statuses = []
    for change in ({"client_id": "another"}, {"code_challenge": "c" * 43}):
        asked = await browser.leave()
        answer = {"code": provider.code({**asked, **change}), "state": asked["state"]}
        statuses.append((await browser.return_with(**answer, iss=provider.issuer))[0])

    assert statuses == [401, 401]
    assert (await browser.sign_in(provider))[0] == 303


async def test_a_stolen_code_is_worth_nothing_in_another_browser(
    browser: Browser, provider: HostileProvider
) -> None:
    """Code injection (RFC 9700 section 4.5): the thief's own attempt has another challenge and another nonce."""
    victims = await browser.leave()
    thief = Browser(browser.authority, browser.http)
    own = await thief.leave()

    status, _, _ = await thief.return_with(
        code=provider.code(victims), state=own["state"], iss=provider.issuer
    )

    assert status == 401


async def test_a_no_is_a_no(browser: Browser, provider: HostileProvider) -> None:
    """`access_denied` is said in our words; what the answer says besides appears nowhere."""
    asked = await browser.leave()

    status, _, text = await browser.return_with(
        error="access_denied",
        error_description="<script>alert(1)</script>call+0900",
        state=asked["state"],
        iss=provider.issuer,
    )

    assert status == 401
    assert "cancelled" in text
    assert "0900" not in text


ASTRAY = (
    "https://evil.example/",
    "//evil.example/",
    "/\\evil.example",
    "/%2F/evil.example",
    "javascript:alert(1)",
)


async def test_nobody_is_sent_to_another_host(browser: Browser, provider: HostileProvider) -> None:
    """S31: where one goes on is a page of ours, also where the browser's own cookie says otherwise."""
    ends = []
    for wanted in ASTRAY:
        asked = await browser.leave(wanted=wanted)
        answer = await browser.return_with(
            code=provider.code(asked), state=asked["state"], iss=provider.issuer
        )
        ends.append(answer[:2])
    forged = Attempt(
        purpose=Purpose.SIGN_IN,
        provider="home",
        started_at=provider.clock(),
        secret=Secret("s" * 43),
        wanted="//evil.example/",
    )
    browser.cookies["safeconduct-attempt"] = forged.text
    asked |= {"nonce": forged.nonce, "code_challenge": forged.challenge}
    answer = await browser.return_with(code=provider.code(asked), state=forged.state, iss=provider.issuer)

    assert [*ends, answer[:2]] == [(303, "/")] * (len(ASTRAY) + 1)


async def test_whoever_answers_rubbish_is_slowed_down(browser: Browser, provider: HostileProvider) -> None:
    """Each answer may cost a call to the provider: those that let nobody in are counted by address, others not."""
    good = [(await browser.sign_in(provider))[0] for _ in range(3)]
    answers = await together(*(browser.return_with(state="x") for _ in range(41)))

    assert good == [303] * 3
    assert sorted(status for status, _, _ in answers) == [401] * 40 + [429]


METADATA = (
    {"issuer": "https://evil.example"},
    {"token_endpoint": "http://tokens.example/token"},
    {"authorization_endpoint": "javascript:alert(1)"},
    {"jwks_uri": 7},
)


async def test_metadata_that_leads_astray_is_not_followed(
    browser: Browser, provider: HostileProvider, clock
) -> None:
    """Of another issuer, or with an address that is neither https nor this machine: as if there were none."""
    ends = []
    for provider.metadata in METADATA:
        ends.append((await browser.get("/sign-in/with/home"))[:2])
        clock.advance(5)

    assert ends == [(503, "")] * len(METADATA)


async def test_no_secret_of_a_sign_in_is_logged(browser: Browser, provider: HostileProvider) -> None:
    """R15: neither code nor state, token or secret, in success and in every refusal."""
    stream = io.StringIO()
    handlers, level = logging.getLogger().handlers[:], logging.getLogger().level
    set_up_logs(Settings(log_format="json", log_level="debug"), stream)
    try:
        asked = await browser.leave()
        await browser.return_with(code=provider.code(asked), state=asked["state"], iss=provider.issuer)
        good = provider.id_token({"nonce": asked["nonce"]})
        provider.spoil = setting(nonce="wrong")
        await browser.sign_in(provider)
        provider.sign = SIGNATURES["cut"]
        await browser.sign_in(provider)
    finally:
        logging.getLogger().handlers[:] = handlers
        logging.getLogger().setLevel(level)
        structlog.reset_defaults()

    written = stream.getvalue()
    assert "provider_answer_refused" in written
    secrets = [asked["state"], asked["nonce"], "code-", CLIENT_SECRET, good.rpartition(".")[2], ANN["email"]]
    assert [secret for secret in [*secrets, *browser.cookies.values()] if secret in written] == []
