"""The strict parser: what it answers for a good token, and that nothing else ever comes out of it."""

import random
import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from safeconduct import check
from safeconduct.errors import SafeconductError, TokenMalformed
from safeconduct.parser import TOKEN_LIMIT, parse

from tests.vectors.forge import KEYS, NOW, POLICY, b64, claims, compact, header, token

GOOD = {key: token(key=key) for key in ("ES256", "RS256", "PS256", "EdDSA")}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)
SLOW = 0.005  # seconds of CPU time
SPLICES = ["", ".", "=", "A", "-", "_", "+", "/", "\0", "\n", " ", "..", "\u00e9", "\ud800", '{"', "AAAA"]


@st.composite
def mutated_tokens(draw: st.DrawFn) -> str:
    """A real token with pieces cut out, doubled, swapped or spliced in."""
    text = draw(st.sampled_from(sorted(GOOD.values())))
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(text)))
        end = draw(st.integers(start, min(len(text), start + 40)))
        splice = draw(st.sampled_from(SPLICES) | st.just(text[start:end] * 2) | st.text(max_size=8))
        text = text[:start] + splice + text[end:]
    return text


def judge(text: str) -> bool:
    """Whether the token is taken. Anything but our own errors fails the test that asks."""
    try:
        check(text, KEYS, POLICY, NOW)
    except SafeconductError:
        return False
    return True


def cpu_seconds(text: str) -> float:
    start = time.process_time()
    judge(text)
    return time.process_time() - start


def test_a_good_token_is_split_into_its_parts() -> None:
    """The signature covers exactly the octets that were sent (RFC 7515 section 5.2)."""
    text = token()

    parsed = parse(text)

    assert (parsed.alg, parsed.typ, parsed.kid) == ("ES256", "at+jwt", "ES256-key")
    assert parsed.claims == claims()
    assert parsed.signing_input.decode() == text.rpartition(".")[0]
    assert b64(parsed.signature) == text.rpartition(".")[2]


def test_a_token_at_the_limit_is_read_and_one_character_more_is_not() -> None:
    """8,192 characters, before anything is decoded; status list tokens name a limit of their own."""
    made = token(body=claims(pad="p" * 5200))
    filled = made + "A" * (TOKEN_LIMIT - len(made))

    assert parse(made, max_length=len(made)).claims["sub"] == claims()["sub"]
    with pytest.raises(TokenMalformed, match="too long"):
        parse(filled + "A")
    with pytest.raises(TokenMalformed, match="too long"):
        parse(made, max_length=len(made) - 1)


def test_a_header_that_was_refused_is_refused_again() -> None:
    """Headers are remembered, refusals must not turn into something else by that."""
    bad = token(header(crit=["x"]))

    with pytest.raises(TokenMalformed):
        parse(bad)
    with pytest.raises(TokenMalformed):
        parse(bad)


@settings(max_examples=2_000)
@given(st.text(max_size=200))
@example("")
@example("a.b.c")
def test_arbitrary_text_is_refused_with_one_of_our_errors(text: str) -> None:
    """A verifier is fed by strangers: no input of theirs is a crash."""
    assert not judge(text)


@settings(max_examples=2_000)
@given(mutated_tokens())
def test_a_damaged_token_is_refused_with_one_of_our_errors(text: str) -> None:
    """Whatever is cut from or put into a real token."""
    assert judge(text) == (text in GOOD.values())


@settings(max_examples=2_000)
@given(st.binary(max_size=120), st.binary(max_size=400))
def test_arbitrary_bytes_under_a_good_signature_are_refused_with_one_of_our_errors(
    head: bytes, body: bytes
) -> None:
    """Even a signer gone mad cannot crash a verifier."""
    assert not judge(compact(b64(head), b64(body)))


@given(st.dictionaries(st.text() | st.sampled_from(sorted(claims())), JSON))
def test_arbitrary_claims_under_a_good_signature_are_refused_with_one_of_our_errors(
    body: dict[str, object],
) -> None:
    """JSON of any shape in any claim."""
    assert not judge(token(body=claims() | {"iss": "https://other.example"} | body | {"jti": 1}))


@pytest.mark.parametrize(
    "hostile",
    [
        pytest.param("A" * 10_000_000, id="10 MB"),
        pytest.param("." * 8_192, id="dots"),
        pytest.param(compact(b64("{}"), b64("[" * 6_000)), id="brackets"),
        pytest.param(token(body='{"a":"' + '\\"' * 2_800), id="a string of escapes that never ends"),
        pytest.param(token(body='{"a":"' + '{[\\"' * 1_400), id="brackets in a string that never ends"),
        pytest.param(token(body="{" + '"a":"b",' * 700), id="members that never end"),
        pytest.param(token(body='{"a":' + "9" * 5_800 + "}"), id="digits"),
        pytest.param(token(body='{"a":"' + "\\ud800" * 900 + '"}'), id="surrogates"),
    ],
)
def test_no_input_costs_more_than_five_milliseconds(hostile: str) -> None:
    """R36: an attacker's token is never dearer than an honest one by orders of magnitude."""
    assert min(cpu_seconds(hostile) for _ in range(5)) <= SLOW


def test_a_hundred_thousand_damaged_tokens_are_refused_in_time() -> None:
    """R36: 10^5 inputs raise nothing but our errors, and none is slow twice."""
    rng = random.Random(time.time_ns())
    originals = sorted(GOOD.values())
    slowest, text_of_slowest = 0.0, ""
    for _ in range(100_000):
        characters = list(rng.choice(originals))
        for _ in range(rng.randint(1, 6)):
            characters[rng.randrange(len(characters))] = rng.choice([*SPLICES, chr(rng.randrange(1, 0x3000))])
        text = "".join(characters)
        seconds = cpu_seconds(text)
        if seconds > slowest:
            slowest, text_of_slowest = seconds, text

    assert min(cpu_seconds(text_of_slowest) for _ in range(5)) <= SLOW
