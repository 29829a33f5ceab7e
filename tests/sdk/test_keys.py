"""Keys: found when new, dropped when removed, kept when a refresh fails, and never fetched for rubbish."""

import json
import secrets
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.sdk.flavours import Plain
from tests.sdk.issuer import JWKS, LIST, Answer, TestIssuer, running_issuer
from tests.sdk.test_staleness import outcome
from tests.vectors import forge


def test_a_key_that_left_the_set_is_worth_nothing_even_for_remembered_tokens(
    issuer: TestIssuer, new_verifier
) -> None:
    """A compromised key leaves the JWKS, the list says so, and the next verdict knows: R29, R44, threats 10."""
    verifier, forged = new_verifier(), issuer.token("RS256")
    verifier.verify(forged)

    issuer.keys.remove("RS256")
    issuer.key_set_version = 2
    issuer.time.advance(60)

    assert outcome(verifier, forged) == "unknown_key"
    assert issuer.visits[JWKS] == 2


def test_a_key_whose_purpose_changed_is_worth_nothing_for_remembered_tokens(
    issuer: TestIssuer, new_verifier
) -> None:
    """The kid must be in the present set for this very purpose on every call (threats 10)."""
    verifier, token = new_verifier(), issuer.token()
    verifier.verify(token)
    keys = [forge.public_jwk(name) for name in issuer.keys if name != "ES256"]
    keys.append(forge.public_jwk("ES256", purpose="status_list"))
    issuer.answers[JWKS] = Answer(json.dumps({"keys": keys, "version": 2}).encode())
    issuer.key_set_version = 2
    issuer.time.advance(60)

    assert outcome(verifier, token) == "wrong_key_purpose"


def test_a_new_key_is_found_when_its_first_token_comes(issuer: TestIssuer, new_verifier) -> None:
    """Key rotated: right at once, for tokens of the old key and of the new one."""
    issuer.keys.remove("EdDSA")
    verifier = new_verifier()
    verifier.verify(issuer.token())
    issuer.keys.append("EdDSA")
    issuer.time.advance(31)

    assert [outcome(verifier, issuer.token(key)) for key in ("EdDSA", "ES256")] == ["accepted"] * 2


def test_a_status_key_that_is_new_is_found_as_well(issuer: TestIssuer, new_verifier) -> None:
    """A list signed by a key that the set lacks makes the set be fetched, and is then believed."""
    issuer.keys.remove("status")
    verifier = new_verifier()
    issuer.answers[LIST] = Answer(b"", "text/plain", 503)
    assert outcome(verifier, issuer.token()) == "verifier_unavailable"
    del issuer.answers[LIST]
    issuer.keys.append("status")
    issuer.time.advance(31)

    assert outcome(verifier, issuer.token()) == "accepted"


def test_an_access_token_key_cannot_sign_a_list(issuer: TestIssuer, new_verifier) -> None:
    """L2: Purposes are kept apart in both directions (R30)."""
    issuer.list_key = "ES256"

    assert outcome(new_verifier(), issuer.token()) == "verifier_unavailable"


def test_ten_thousand_unknown_kids_cost_one_fetch(issuer: TestIssuer, new_verifier) -> None:
    """L6: At most one fetch per cool-down, no good key evicted, the memory of unknown kids bounded (R38)."""
    verifier, good = new_verifier(), issuer.token()
    verifier.verify(good)
    issuer.time.advance(100)
    alien = [forge.token(forge.header(kid=secrets.token_urlsafe(32)), b"{}") for _ in range(2_000)]

    outcomes = {outcome(verifier, token) for token in alien for _ in range(5)}

    assert outcomes == {"unknown_key"}
    assert issuer.visits[JWKS] == 2
    assert outcome(verifier, good) == "accepted"
    assert len(verifier.verifier._core.issuer.key_cache._unknown) <= 1024


def test_an_unknown_kid_is_no_reason_to_refuse_while_the_set_cannot_be_read(
    issuer: TestIssuer, new_verifier
) -> None:
    """An old set cannot tell: 503, and one attempt per cool-down."""
    verifier = new_verifier()
    verifier.verify(issuer.token())
    issuer.time.advance(31)
    issuer.answers[JWKS] = Answer(b"", "text/plain", 500)
    alien = [forge.token(forge.header(kid=f"k{n}"), b"{}") for n in range(50)]

    assert {outcome(verifier, token) for token in alien} == {"verifier_unavailable"}
    assert issuer.visits[JWKS] == 2


@pytest.mark.parametrize(
    "wrong",
    [
        Answer(b"{}"),
        Answer(b"not json"),
        Answer(b'{"keys": [], "keys": []}'),
        Answer(b'{"keys": "none"}'),
        Answer(b"", "text/html", 502),
    ],
)
def test_a_failed_refresh_keeps_the_last_good_set(issuer: TestIssuer, new_verifier, wrong) -> None:
    """What PyJWKClient loses: a bad answer replaces nothing, until the hard limit."""
    verifier, token = new_verifier(), issuer.token()
    verifier.verify(token)
    issuer.answers[JWKS] = wrong

    for _ in range(14):
        issuer.time.advance(60)
        assert outcome(verifier, token) == "accepted"
    issuer.time.advance(120)

    assert outcome(verifier, token) == "verifier_unavailable"


def test_a_list_that_speaks_of_newer_keys_waits_for_them_but_not_for_ever(
    issuer: TestIssuer, new_verifier
) -> None:
    """Replicas may show a new set some seconds late; past that, no verdict rests on the old one (R44)."""
    verifier, token = new_verifier(), issuer.token()
    verifier.verify(token)
    body = issuer.answer(JWKS).body
    issuer.answers[JWKS] = Answer(body)
    issuer.key_set_version = 2
    issuer.time.advance(60)

    late = outcome(verifier, token)
    issuer.time.advance(31)
    too_late = outcome(verifier, token)
    del issuer.answers[JWKS]
    issuer.time.advance(31)

    assert (late, too_late, outcome(verifier, token)) == ("accepted", "verifier_unavailable", "accepted")


def test_many_threads_share_one_verifier(issuer: TestIssuer) -> None:
    """The plain verifier is thread-safe: 16 threads, a cache too small for their tokens, one fetch of each document."""
    verifier = Plain(issuer, cache_bytes=40_000)
    tokens = [issuer.token(idx=idx) for idx in range(100, 160)]
    issuer.set_status(110, 1)

    with ThreadPoolExecutor(16) as pool:
        outcomes = list(pool.map(lambda n: outcome(verifier, tokens[n % 60]), range(3_000)))

    assert outcomes == ["token_revoked" if n % 60 == 10 else "accepted" for n in range(3_000)]
    assert set(issuer.visits.values()) == {1}
    assert len(verifier.verifier._core._tokens) < 16
    verifier.close()


def test_two_issuers_in_one_process_share_nothing(issuer: TestIssuer) -> None:
    """L16: equal keys, kids and places in equally named lists, asked for at the same time: each verifier fetches its
    own documents, and one's revocation or token means nothing to the other.
    """
    with running_issuer(issuer.time) as other, ThreadPoolExecutor(8) as pool:
        mine, theirs = Plain(issuer), Plain(other)
        other.set_status(4711, 1)
        token, revoked = issuer.token(), other.token()

        asked = [(mine, token), (theirs, revoked), (mine, revoked), (theirs, token)] * 10
        outcomes = list(pool.map(lambda each: outcome(*each), asked))

        assert outcomes == ["accepted", "token_revoked", "wrong_issuer", "wrong_issuer"] * 10
        assert set(issuer.visits.values()) == set(other.visits.values()) == {1}
