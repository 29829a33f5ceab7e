"""What people are told: the right sentence for each refusal, and nothing of the token itself."""

import json
import re

import pytest
from safeconduct import errors as e
from safeconduct.explain import explain
from safeconduct.refusal import refusal
from safeconduct.words import title

from tests.vectors import forge

ISSUER = "https://tokens.example"
ERRORS = [kind for kind in vars(e).values() if isinstance(kind, type) and kind is not e.UnknownStatusListKey]
CHALLENGE = re.compile(r'Bearer realm="[^"\\]*"(, [a-z_]+="[\x20-\x21\x23-\x5b\x5d-\x7e]*")*')


@pytest.mark.parametrize("kind", ERRORS)
def test_every_failure_has_an_answer(kind) -> None:
    """Status by kind; the challenge's characters are those of RFC 6750 section 3; the help page is named."""
    error = kind("why")
    answer = refusal(error, ISSUER)
    document = json.loads(answer.body)

    expected = {e.InvalidToken: 401, e.InsufficientScope: 403, e.SeveralCredentials: 400}
    assert answer.status == next((expected[base] for base in kind.__mro__ if base in expected), 503)
    assert document == {"code": kind.code, "title": title(error), "help": f"{ISSUER}/help/{kind.code}"}
    assert ("WWW-Authenticate" in answer.headers) == (answer.status != 503)
    assert CHALLENGE.fullmatch(answer.headers.get("WWW-Authenticate", 'Bearer realm="x"'))


def test_a_request_without_a_token_is_challenged_without_an_error() -> None:
    """RFC 6750 section 3.1: whoever shows nothing has made no mistake yet."""
    assert refusal(e.TokenMissing(), ISSUER).headers["WWW-Authenticate"] == 'Bearer realm="safeconduct"'


def test_a_missing_scope_is_named() -> None:
    """The client learns what to ask for."""
    answer = refusal(e.InsufficientScope("", ("connectors:view", "mail")), ISSUER)

    assert 'scope="connectors:view mail"' in answer.headers["WWW-Authenticate"]
    assert json.loads(answer.body)["title"] == "This token lacks the scope connectors:view mail"


@pytest.mark.parametrize(
    ("error", "token", "said"),
    [
        (
            e.TokenMalformed(),
            forge.token()[:214],
            "This token looks cut off: 214 characters, a whole one has about 600",
        ),
        (e.BadSignature(), forge.token()[:-9], "This token looks cut off"),
        (e.BadSignature(), forge.token(), "The signature does not fit"),
        (e.TokenMalformed(), "hello", "This is not a token from here"),
        (
            e.TokenExpired(),
            forge.token(body=forge.claims(exp=1_800_000_000)),
            "This token ended on 15-01-2027",
        ),
        (e.TokenExpired(), forge.token(body=forge.claims(exp="soon")), "This token has ended"),
        (
            e.TokenNotYetValid(),
            forge.token(body=forge.claims(nbf=1_800_000_000)),
            "This token is valid from 15-01-2027",
        ),
    ],
)
def test_the_words_fit_what_happened(error, token, said) -> None:
    """Day and length help; no more of the token is repeated."""
    assert title(error, token).startswith(said)


def test_a_token_is_explained_step_by_step() -> None:
    """Signature, times, audience and status each say whether they hold, and the list its age."""
    token = forge.token()
    told = explain(token, e.TokenRevoked(), now=forge.NOW + 60, list_age=42)

    findings = {finding.about: finding.holds for finding in told.findings}
    assert findings == {
        **dict.fromkeys(["form", "signature", "claims", "issuer", "audience", "times"], True),
        "status": False,
        "address": None,
        "scope": None,
    }
    assert "by a list that is 42 s old" in str(told)
    assert (told.holds, told.code) == (False, "token_revoked")
    assert dict(told.says)["may"] == "automation:view connectors"
    assert dict(told.says)["ends"] == "15-01-2028 (in 364 days)"


def test_what_cannot_be_told_is_neither_yes_nor_no() -> None:
    """Unavailable leaves every step open."""
    told = explain(forge.token(), e.Unavailable(), now=forge.NOW)

    assert told.holds is None
    assert {finding.holds for finding in told.findings} == {None}


@pytest.mark.parametrize(
    "token", ["", "x", "a.b.c", forge.token(body=forge.claims(iss="\x1b[31m\r\n", exp="x", aud=7))]
)
def test_nothing_in_a_token_reaches_a_terminal_raw(token) -> None:
    """Escapes, line ends and claims of any type are written out (attack 82)."""
    told = str(explain(token, e.InvalidClaims(), now=forge.NOW))

    assert "\x1b" not in told
    assert "\r" not in told
    assert json.dumps(explain(token, None, now=forge.NOW).to_json())
