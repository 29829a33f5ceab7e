"""check, check_parsed, judge_times: what is demanded beyond a well-formed token, and in which order."""

import pkgutil
from dataclasses import replace

import pytest
import safeconduct
from safeconduct import Claims, KeySet, VerificationPolicy, check
from safeconduct.errors import (
    BadSignature,
    LifetimeTooLong,
    TokenExpired,
    TokenNotYetValid,
    UnknownKey,
    WrongAlgorithm,
    WrongAudience,
    WrongIssuer,
)
from safeconduct.parser import parse
from safeconduct.verifier import check_parsed, judge_times

from tests.vectors.forge import AUDIENCE, KEYS, KIDS, NOW, POLICY, YEAR, claims, header, public_jwk, token


def test_a_good_token_yields_its_claims() -> None:
    """What the issuer wrote is what the application gets."""
    assert check(token(), KEYS, POLICY, NOW) == Claims.from_json(claims())


def test_a_token_that_is_parsed_already_gets_the_same_verdict() -> None:
    """A caller that looks at the parts first pays for one reading only."""
    assert check_parsed(parse(token()), KEYS, POLICY, NOW) == check(token(), KEYS, POLICY, NOW)
    with pytest.raises(TokenExpired):
        check_parsed(parse(token()), KEYS, POLICY, NOW + YEAR)


@pytest.mark.parametrize("now", [NOW - 30, NOW, NOW + YEAR - 1])
def test_a_token_is_in_force_from_its_iat_less_the_leeway_to_its_last_second(now: int) -> None:
    """Exp has no leeway, iat has thirty seconds."""
    assert check(token(), KEYS, POLICY, now).exp == NOW + YEAR


@pytest.mark.parametrize(
    ("now", "error"),
    [(NOW + YEAR, TokenExpired), (NOW + 2 * YEAR, TokenExpired), (NOW - 31, TokenNotYetValid)],
)
def test_a_token_is_refused_outside_of_its_times(now: int, error: type[Exception]) -> None:
    """At exp it is over (RFC 7519 section 4.1.4)."""
    with pytest.raises(error):
        check(token(), KEYS, POLICY, now)


def test_a_remembered_verdict_can_be_judged_by_time_again() -> None:
    """A cache keeps the claims and asks this on every use."""
    remembered = check(token(body=claims(nbf=NOW + 10)), KEYS, POLICY, NOW)

    judge_times(remembered, POLICY, NOW + YEAR - 1)
    with pytest.raises(TokenExpired):
        judge_times(remembered, POLICY, NOW + YEAR)
    with pytest.raises(TokenNotYetValid):
        judge_times(remembered, POLICY, NOW - 21)


def test_leeways_are_the_policys() -> None:
    """Each of the two moves its own bound and nothing else."""
    lenient = replace(POLICY, leeway=100, exp_leeway=5)

    assert check(token(), KEYS, lenient, NOW - 100)
    assert check(token(), KEYS, lenient, NOW + YEAR + 4)
    with pytest.raises(TokenExpired):
        check(token(), KEYS, lenient, NOW + YEAR + 5)
    with pytest.raises(TokenNotYetValid):
        check(token(), KEYS, lenient, NOW - 101)


def test_one_of_several_audiences_is_enough() -> None:
    """The token names several, the verifier is several: one in common will do."""
    policy = replace(POLICY, audiences=frozenset({"https://a.example", "https://b.example"}))

    assert check(token(body=claims(aud=["https://b.example", AUDIENCE])), KEYS, policy, NOW)
    with pytest.raises(WrongAudience):
        check(token(), KEYS, policy, NOW)


def test_a_policy_without_audiences_leaves_them_to_the_caller() -> None:
    """Introspection judges the audience by the client that asks."""
    policy = replace(POLICY, audiences=None)

    assert check(token(body=claims(aud="https://anybody.example")), KEYS, policy, NOW).aud == (
        "https://anybody.example",
    )


def test_an_algorithm_that_the_policy_leaves_out_is_refused() -> None:
    """Even though the key set has a key for it."""
    policy = replace(POLICY, algorithms=frozenset({"EdDSA"}))

    assert check(token(key="EdDSA"), KEYS, policy, NOW)
    with pytest.raises(WrongAlgorithm):
        check(token(), KEYS, policy, NOW)


def test_a_key_that_left_the_set_verifies_nothing_any_more() -> None:
    """Removal from the key set is how a compromise is answered."""
    without_it = KeySet.from_document({"keys": [public_jwk("RS256")]})

    with pytest.raises(UnknownKey):
        check(token(), without_it, POLICY, NOW)


def test_another_key_under_the_same_kid_does_not_verify() -> None:
    """Kid chooses, it proves nothing."""
    swapped = KeySet.from_document({"keys": [public_jwk("stranger", kid=KIDS["ES256"])]})

    with pytest.raises(BadSignature):
        check(token(), swapped, POLICY, NOW)


def test_an_unknown_algorithm_or_signature_length_never_reaches_the_key_set() -> None:
    """An unknown key makes a verifier fetch; a token that could never be genuine must not (R36)."""
    with pytest.raises(WrongAlgorithm):
        check(token(header(alg="none", kid="nobody")), KEYS, POLICY, NOW)
    with pytest.raises(BadSignature):
        check(token(header(alg="RS256", kid="nobody")), KEYS, POLICY, NOW)


def test_nothing_is_believed_before_the_signature() -> None:
    """A forged token learns nothing about issuer, audience or time."""
    forged = token(header(), claims(iss="x", aud="y", exp=1), key="stranger")

    with pytest.raises(BadSignature):
        check(forged, KEYS, POLICY, NOW)


def test_the_issuer_is_judged_before_all_other_claims() -> None:
    """Another issuer's token is another issuer's, expired or not."""
    with pytest.raises(WrongIssuer):
        check(token(body=claims(iss="https://other.example", aud="x", exp=1)), KEYS, POLICY, NOW)


def test_the_greatest_lifetime_is_the_policys() -> None:
    """A far exp passes by default, because some grants never end; an operator may bound it."""
    endless = token(body=claims(exp=4_102_444_800))

    assert check(endless, KEYS, POLICY, NOW).exp == 4_102_444_800
    with pytest.raises(LifetimeTooLong):
        check(endless, KEYS, replace(POLICY, max_lifetime=YEAR), NOW)


def test_the_case_of_typ_does_not_matter_but_that_of_alg_does() -> None:
    """Media types have no case (RFC 9068 section 4), algorithm names do (RFC 7515 section 4.1.1)."""
    assert check(token(header(typ="aT+JwT")), KEYS, POLICY, NOW)
    with pytest.raises(WrongAlgorithm):
        check(token(header(alg="Es256")), KEYS, POLICY, NOW)


def test_a_policy_has_to_be_given_its_audiences() -> None:
    """Nobody forgets the audience by not thinking of it."""
    with pytest.raises(TypeError):
        VerificationPolicy(issuer="https://safeconduct.example")


def test_no_module_takes_the_place_of_a_public_name() -> None:
    """A submodule that is imported becomes an attribute: `check` would be a module for whoever imports it later."""
    modules = {module.name for module in pkgutil.iter_modules(safeconduct.__path__)}

    assert modules.isdisjoint(safeconduct.__all__)
