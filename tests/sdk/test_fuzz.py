"""Whatever is shown to a verifier: one of its own errors, in bounded time, and no visit to anybody else (R36, R37)."""

import gc
import json
import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from safeconduct import InvalidToken

from tests.sdk.flavours import Plain
from tests.sdk.issuer import JWKS, LIST, METADATA, TurnableTime, running_issuer
from tests.sdk.test_staleness import outcome
from tests.vectors import forge

LONGEST = 0.005
"""Seconds of CPU for one input, whatever it is."""

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
ODD = [
    "",
    ".",
    "..",
    "=",
    "\0",
    "\n",
    " ",
    "é",
    "\ud800",
    "\u202e",
    "{}",
    "eyJ",
    "null",
    "9" * 400,
    "[" * 200,
    "A" * 3000,
]


def damaged(token: str, chance: random.Random) -> str:
    """The token with one to four things done to it."""
    for _ in range(chance.randint(1, 4)):
        at, length = chance.randrange(len(token) + 1), chance.choice([0, 1, 1, 2, 40])
        put = chance.choice([chance.choice(ALPHABET), chance.choice(ODD), token[: chance.randrange(60)]])
        token = token[:at] + put + token[at + length :]
    return token


def seconds_to_refuse(verifier: Plain, token: str) -> float:
    """CPU time of this thread; it is refused by an error of ours."""
    gc.disable()  # a collection of what other tests left is not this input's time
    try:
        began = time.thread_time()
        with pytest.raises(InvalidToken):
            verifier.verify(token)
        return time.thread_time() - began
    finally:
        gc.enable()


def campaign(count: int) -> None:
    chance = random.Random()
    with running_issuer(TurnableTime()) as issuer:
        verifier = Plain(issuer)
        good = [issuer.token(key) for key in ("ES256", "RS256", "EdDSA")]
        for token in good:
            verifier.verify(token)
        slowest, slowest_one = 0.0, ""
        for number in range(count):
            shown = damaged(good[number % 3], chance)
            if shown in good:
                continue
            if (seconds := seconds_to_refuse(verifier, shown)) > slowest:
                slowest, slowest_one = seconds, shown
        assert issuer.visits == {METADATA: 1, JWKS: 1, LIST: 1}
        assert min(seconds_to_refuse(verifier, slowest_one) for _ in range(5)) < LONGEST  # none is slow twice
        assert all(verifier.verify(token) for token in good)
        verifier.close()


def test_damaged_tokens_are_refused_by_our_own_errors_only() -> None:
    """A sample: 5,000 damaged tokens, each refused in under 5 ms, without a single fetch (R36)."""
    campaign(5_000)


@pytest.mark.nightly
def test_a_hundred_thousand_damaged_tokens_are_refused_by_our_own_errors_only() -> None:
    """The campaign: 10^5 of them (R36)."""
    campaign(100_000)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**64), 2**64) | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
CLAIMS = ["iss", "sub", "aud", "exp", "iat", "jti", "client_id", "scope", "nbf", "status", "allowed_ips"]
OPTIONAL = {"scope", "nbf", "allowed_ips"}


@contextmanager
def judging() -> Iterator[Callable[..., str]]:
    """accepted, or the code of the refusal, of a genuine token with these claims."""
    with running_issuer(TurnableTime()) as issuer:
        verifier, now = Plain(issuer), int(issuer.time.wall)
        place = {"status_list": {"idx": 4711, "uri": issuer.list_uri}}
        own = {
            "iss": issuer.url,
            "aud": "https://api.example",
            "iat": now - 60,
            "exp": now + 600,
            "status": place,
        }

        def judge(changed: dict[str, Any], removed: str | None = None) -> str:
            claims = {
                name: value for name, value in (forge.claims(**own) | changed).items() if name != removed
            }
            return outcome(verifier, forge.token(body=json.dumps(claims)))

        yield judge
        verifier.close()


@pytest.fixture(scope="module")
def judged() -> Iterator[Callable[..., str]]:
    with judging() as judge:
        yield judge


@given(name=st.sampled_from(CLAIMS), value=VALUES)
def test_a_claim_of_any_other_value_is_judged_and_never_breaks_anything(
    judged: Callable[..., str], name: str, value: Any
) -> None:
    """Genuinely signed, one claim replaced by anything: accepted only where that is a right value (R37)."""
    verdict = judged({name: value})

    if verdict == "accepted":
        right = {"sub": str, "jti": str, "client_id": str, "scope": str, "exp": int, "iat": int, "nbf": int}
        right["status"] = dict  # of other mechanisms; a token that lives no longer than a list needs none
        assert name in right
        assert type(value) is right[name]


@pytest.mark.parametrize("name", CLAIMS)
def test_a_missing_claim_refuses_unless_it_is_optional(judged: Callable[..., str], name: str) -> None:
    """RFC 9068 section 2.2; a missing status only where the token lives no longer than a list (threats 24)."""
    expected = "accepted" if name in OPTIONAL | {"status"} else "invalid_claims"

    assert judged({}, removed=name) == expected


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"iss": "http://127.0.0.1/"}, "wrong_issuer"),
        ({"iss": "HTTP://127.0.0.1"}, "wrong_issuer"),
        ({"aud": "https://api.example/"}, "token_wrong_api"),
        ({"aud": "https://API.example"}, "token_wrong_api"),
        ({"aud": "https://api.exampl"}, "token_wrong_api"),
        ({"aud": ["https://other.example", "https://api.example"]}, "accepted"),
        ({"aud": ["a"] * 17}, "invalid_claims"),
        ({"aud": []}, "invalid_claims"),
        ({"exp": True}, "invalid_claims"),
        ({"exp": 1.9e9}, "invalid_claims"),
        ({"exp": "1900000000"}, "invalid_claims"),
        ({"exp": forge.NOW}, "token_expired"),
        ({"exp": forge.NOW + 1}, "accepted"),
        ({"iat": forge.NOW + 30}, "accepted"),
        ({"iat": forge.NOW + 31}, "token_not_yet_valid"),
        ({"nbf": forge.NOW + 30}, "accepted"),
        ({"nbf": forge.NOW + 31}, "token_not_yet_valid"),
        ({"nbf": False}, "invalid_claims"),
        ({"scope": ["a"]}, "invalid_claims"),
    ],
)
def test_each_claim_is_compared_exactly(changed: dict[str, Any], code: str) -> None:
    """Issuer as a whole string, audience an exact member, exp without leeway, nbf and iat with 30 s (R37)."""
    with judging() as judge:
        assert judge(changed) == code


def test_signed_times_cannot_be_walked_into_the_future(judged: Callable[..., str]) -> None:
    """Each 30 s ahead of the one before: only what is near the wall clock moves a verifier's time (threats 19)."""
    verdicts = [judged({"iat": forge.NOW + ahead, "exp": forge.NOW + 600}) for ahead in range(30, 600, 30)]

    assert verdicts[0] == "accepted"
    assert set(verdicts[2:]) == {"token_not_yet_valid"}
