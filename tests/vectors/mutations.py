"""Tokens that differ from a good one in one respect, named by it: signed anew, or damaged after signing."""

import base64
import random
from collections.abc import Iterator
from typing import Any, NamedTuple

from tests.vectors import forge
from tests.vectors.forge import as_json, b64, compact, header, public_jwk, token, without

ISSUED = 1_600_000_000
ENDS = 4_102_444_800

ODD_VALUES: dict[str, Any] = {
    "null": None,
    "true": True,
    "false": False,
    "zero": 0,
    "negative": -1,
    "float": 1.5,
    "whole float": 1_700_000_000.0,
    "huge": 2**60,
    "1e300": 1e300,
    "empty": "",
    "text": "x",
    "digits": "1700000000",
    "control": "a\u0000b",
    "long": "x" * 300,
    "list": [],
    "list of number": [1],
    "list of text": ["x"],
    "object": {},
}
CLAIMS = ["iss", "sub", "aud", "exp", "iat", "nbf", "jti", "client_id", "scope", "status"]
HEADERS: dict[str, Any] = {
    "jwk": public_jwk("stranger"),
    "jku": "https://evil.example/jwks",
    "x5u": "https://evil.example/cert",
    "x5c": ["AAAA"],
    "x5t": "AAAA",
    "crit unknown": ["x"],
    "crit empty": [],
    "crit standard": ["alg"],
    "b64 true": True,
    "b64 false": False,
    "zip": "DEF",
    "cty": "JWT",
    "other": 1,
}


class Mutant(NamedTuple):
    respect: str
    token: str


def claims(**members: Any) -> dict[str, Any]:
    """Good at any time between 2020 and 2100, because some peers only know the machine's clock."""
    return forge.claims(iat=ISSUED, exp=ENDS) | members


def good(key: str) -> str:
    return token(body=claims(), key=key)


def of_claims(key: str) -> Iterator[Mutant]:
    """Every claim missing, and with every odd value."""
    for claim in CLAIMS:
        if claim in claims():
            yield Mutant(f"{claim} missing", token(body=without(claims(), claim), key=key))
        for name, value in ODD_VALUES.items():
            yield Mutant(f"{claim} {name}", token(body=claims(**{claim: value}), key=key))


def of_header(key: str) -> Iterator[Mutant]:
    """Every odd member, and typ, kid and alg with odd values."""
    for name, value in HEADERS.items():
        yield Mutant(name, token(header(key, **{name.split()[0]: value}), claims(), key))
    for member in ("alg", "typ", "kid"):
        yield Mutant(f"{member} missing", token(without(header(key), member), claims(), key))
        for name in ("null", "zero", "true", "text", "list", "object", "empty"):
            yield Mutant(f"{member} {name}", token(header(key, **{member: ODD_VALUES[name]}), claims(), key))
    for typ in ("JWT", "statuslist+jwt", "application/at+jwt", "AT+JWT"):
        yield Mutant(f"typ {typ}", token(header(key, typ=typ), claims(), key))


def of_spelling(key: str) -> Iterator[Mutant]:
    """What two readers of JSON or base64url may take differently."""
    text, head = as_json(claims()).decode(), as_json(header(key)).decode()
    spellings = {
        "claim twice": text[:-1] + ',"sub":"root"}',
        "byte order mark": text.encode("utf-8-sig"),
        "UTF-16": text.encode("utf-16"),
        "unpaired surrogate": text[:-1] + ',"x":"\\ud800"}',
        "NaN": text[:-1] + ',"x":NaN}',
        "depth 500": text[:-1] + ',"x":' + "[" * 500 + "]" * 500 + "}",
        "white space": f" \n{text}\t",
        "escaped": text.replace("safeconduct", "\\u0073afeconduct"),
        "behind the object": text + "x",
        "too long": text[:-1] + ',"x":"' + "y" * 9_000 + '"}',
    }
    for name, body in spellings.items():
        yield Mutant(name, token(header(key), body, key))
    yield Mutant("header twice", token(head[:-1] + f',"kid":"{key}-key"}}', claims(), key))
    yield Mutant("padded", compact(b64(head), b64(text) + "=" * (-len(b64(text)) % 4), key))
    for end in ("=", "==", "\n", " ", ".", "\0"):
        yield Mutant(f"{end!r} behind", good(key) + end)


def damaged(key: str, rng: random.Random, count: int) -> Iterator[Mutant]:
    """One to three characters of a good token changed, dropped or doubled, so that it says something else.

    Other spellings of the same bytes are no damage: they have rows of their own.
    """
    original = good(key)
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_+/=. \n"
    for _ in range(count):
        text = original
        for _ in range(rng.randint(1, 3)):
            place = rng.randrange(len(text))
            text = text[:place] + rng.choice(["", text[place] * 2, rng.choice(alphabet)]) + text[place + 1 :]
        if _said(text) != _said(original):
            yield Mutant("damaged", text)


def _said(token: str) -> list[bytes]:
    """What a lenient reader takes a token's segments for."""
    try:
        return [base64.urlsafe_b64decode(segment + "==") for segment in token.split(".")]
    except ValueError:
        return [token.encode()]


def mutants(key: str) -> Iterator[Mutant]:
    """All of them, and the good token they differ from."""
    yield Mutant("good", good(key))
    yield from of_claims(key)
    yield from of_header(key)
    yield from of_spelling(key)
    yield from damaged(key, random.Random(key), 300)
