"""The verifier beside PyJWT, joserfc and Authlib: it takes less than they do, and each difference has its reason."""

import re
import time
import warnings
from collections.abc import Iterator
from typing import NamedTuple

import pytest
from safeconduct import check
from safeconduct.errors import InvalidToken

from tests.vectors.forge import KEYS, POLICY
from tests.vectors.mutations import mutants
from tests.vectors.peers import PEERS

ALGORITHMS = ("ES256", "RS256", "PS256", "EdDSA")


class Reason(NamedTuple):
    """Why we refuse, with this code, what a peer takes: mutants by the respect in which they differ."""

    code: str
    respect: str
    why: str


REASONS = [
    Reason(
        "invalid_claims",
        "(sub|jti|client_id) .*",
        "1 to 255 printable characters; peers ask for less or nothing",
    ),
    Reason("invalid_claims", "scope .*", "the grammar of RFC 6749 section 3.3; no peer reads scope"),
    Reason("invalid_claims", "status .*", "the form of the Token Status List; no peer reads status"),
    Reason("invalid_claims", "exp (1e300|huge)", "beyond 2^53 readers of JSON disagree about the number"),
    Reason(
        "invalid_claims", "(iat|nbf) (float|whole float|negative)", "we write and read whole seconds only"
    ),
    Reason("invalid_claims", "(iat|nbf) (digits|true|false)", "PyJWT calls int() on whatever it finds"),
    Reason("status_missing", "status (missing|object)", "a token that lives long and cannot be revoked"),
    Reason("token_malformed", "jwk|jku|x5u|x5c|x5t", "keys come from the issuer's set, never from the token"),
    Reason("token_malformed", "crit .*|b64 .*|zip|cty|other", "a header of ours has alg, typ and kid"),
    Reason("token_malformed", "kid .*", "every key has a kid of one form; peers were handed the key"),
    Reason("unknown_key", "kid text", "the peers were handed the key and do not look it up"),
    Reason("wrong_type", "typ .*", "the peers do not look at typ, so an ID token passes"),
    Reason("token_malformed", "(claim|header) twice", "two readers may take two different values"),
    Reason("token_malformed", "NaN", "not JSON (RFC 8259 section 6)"),
    Reason(
        "token_malformed", "UTF-16|byte order mark", "JSON is UTF-8 without a mark (RFC 8259 section 8.1)"
    ),
    Reason("token_malformed", "unpaired surrogate", "no text: it would fail later, in a database or a log"),
    Reason("token_malformed", "depth 500|too long", "bounded before it is read"),
    Reason("token_malformed", "'==?' behind|padded", "another spelling of the same signed token"),
]

TAKEN_BY_US_ALONE = {("Authlib", "iat zero"): "Authlib takes an essential claim of 0 for a missing one"}


class Difference(NamedTuple):
    peer: str
    respect: str
    code: str | None  # None where we take the token and the peer does not


def ours(token: str, now: int) -> str | None:
    try:
        check(token, KEYS, POLICY, now)
    except InvalidToken as error:
        return error.code
    return None


def differences(key: str) -> Iterator[Difference]:
    now = int(time.time())
    for mutant in mutants(key):
        code = ours(mutant.token, now)
        for name, takes in PEERS.items():
            if takes(mutant.token, key, now) is (code is not None):
                yield Difference(name, mutant.respect, code)


@pytest.fixture(scope="module")
def found() -> set[Difference]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # joserfc: EdDSA's name is deprecated; PyJWT: short keys
        return {difference for key in ALGORITHMS for difference in differences(key)}


def explains(reason: Reason, difference: Difference) -> bool:
    return reason.code == difference.code and re.fullmatch(reason.respect, difference.respect) is not None


def test_what_we_take_every_peer_takes(found: set[Difference]) -> None:
    """A token of ours works with libraries that nobody here wrote; the exceptions are theirs and listed."""
    alone = {(difference.peer, difference.respect) for difference in found if difference.code is None}

    assert alone == set(TAKEN_BY_US_ALONE)


def test_what_we_alone_refuse_has_a_reason(found: set[Difference]) -> None:
    """Strictness is explained row by row; a difference without a reason is a bug on one side."""
    refused = {difference for difference in found if difference.code is not None}

    assert {each for each in refused if not any(explains(reason, each) for reason in REASONS)} == set()


@pytest.mark.parametrize(
    "reason", [pytest.param(reason, id=f"{reason.code} {reason.respect}") for reason in REASONS]
)
def test_every_reason_is_needed(reason: Reason, found: set[Difference]) -> None:
    """When the peers have caught up, the row goes."""
    assert any(explains(reason, difference) for difference in found)


@pytest.mark.parametrize("key", ALGORITHMS)
def test_all_agree_on_a_good_token(key: str) -> None:
    """Otherwise every other comparison here would compare refusals."""
    now = int(time.time())
    good = next(mutants(key)).token

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        verdicts = {name: takes(good, key, now) for name, takes in PEERS.items()}
    assert verdicts == dict.fromkeys(PEERS, True)
    assert ours(good, now) is None
