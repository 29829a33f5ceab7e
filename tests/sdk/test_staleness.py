"""How old what a verifier knows may be: fresh while the issuer lives, bounded when it does not, and never a guess."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from safeconduct import DEFAULT, LENIENT, STRICT
from safeconduct import errors as e

from tests.sdk.flavours import Plain
from tests.sdk.issuer import LIST, Answer, TestIssuer, TurnableTime, running_issuer


def outcome(verifier, token: str, **options) -> str:
    """accepted, or the code of the refusal."""
    try:
        verifier.verify(token, **options)
    except e.SafeconductError as error:
        return error.code
    return "accepted"


def test_a_revoked_token_is_refused_within_the_healthy_bound(issuer: TestIssuer, new_verifier) -> None:
    """Who asks after a quiet minute waits for a new list instead of being answered from the old one (R3)."""
    verifier, token = new_verifier(), issuer.token()
    verifier.verify(token)

    issuer.set_status(4711, 1)
    issuer.time.advance(60)

    assert outcome(verifier, token) == "token_revoked"


def test_a_list_in_use_is_fetched_ahead_and_nobody_waits(issuer: TestIssuer, new_verifier) -> None:
    """Before its time is over the old list still answers, while a new one is fetched beside."""
    verifier, token = new_verifier(), issuer.token()
    verifier.verify(token)
    issuer.set_status(4711, 1)
    issuer.time.advance(55)

    first = outcome(verifier, token)
    verifier.settle()

    assert (first, outcome(verifier, token)) == ("accepted", "token_revoked")
    assert issuer.visits[LIST] == 2


@pytest.mark.parametrize(("profile", "bound"), [(STRICT, 60), (DEFAULT, 900), (LENIENT, 3600)])
def test_without_its_issuer_a_verifier_serves_until_its_bound_and_then_says_so(
    issuer: TestIssuer, new_verifier, profile, bound
) -> None:
    """Killed issuer: accepted up to the bound, then Unavailable, which is 503 and no verdict (R3, R40, L40, F32)."""
    verifier, token = new_verifier(profile=profile), issuer.token()
    verifier.verify(token)
    issuer.kill()

    issuer.time.advance(bound - 1)
    before = outcome(verifier, token)
    issuer.time.advance(1)

    assert (before, outcome(verifier, token)) == ("accepted", "verifier_unavailable")


def test_a_verifier_recovers_when_its_issuer_does(issuer: TestIssuer, new_verifier) -> None:
    """The pause between attempts is at most 30 seconds."""
    verifier, token = new_verifier(), issuer.token()
    verifier.verify(token)
    issuer.kill()
    for _ in range(70):
        issuer.time.advance(15)
        outcome(verifier, token)
    down = outcome(verifier, token)
    issuer.start()
    issuer.time.advance(30)

    assert (down, outcome(verifier, token)) == ("verifier_unavailable", "accepted")


def test_an_issuer_that_never_answered_makes_no_verdict(issuer: TestIssuer, new_verifier) -> None:
    """Never "accept because there is no list", nor refuse a bearer who did nothing wrong (R40)."""
    token = issuer.token()
    issuer.kill()

    assert outcome(new_verifier(), token) == "verifier_unavailable"


def test_one_call_may_demand_fresher_news_than_the_profile(issuer: TestIssuer, new_verifier) -> None:
    """max_staleness is for the call that must not be wrong: a new list is fetched for it, once."""
    verifier, token = new_verifier(), issuer.token()
    verifier.verify(token)
    issuer.set_status(4711, 1)
    issuer.time.advance(20)

    assert outcome(verifier, token) == "accepted"
    assert outcome(verifier, token, max_staleness=10) == "token_revoked"


def test_news_that_is_too_old_for_a_call_is_not_believed(issuer: TestIssuer, new_verifier) -> None:
    """What counts is what the list shows, not when it was fetched; and the issuer is not asked in a loop."""
    verifier, token = new_verifier(), issuer.token()
    now = int(issuer.time.wall)
    issuer.list_claims = {"iat": now - 100, "exp": now + 800}

    assert outcome(verifier, token) == "accepted"
    issuer.time.advance(2)
    assert [outcome(verifier, token, max_staleness=50) for _ in range(5)] == ["verifier_unavailable"] * 5
    assert issuer.visits[LIST] == 2


@given(
    ttl=st.integers(1, 900),
    lifetime=st.integers(1, 3600),
    skew=st.integers(-30, 30),
    steps=st.lists(st.integers(1, 400), max_size=12),
)
def test_no_revoked_token_is_accepted_beyond_the_bound(ttl, lifetime, skew, steps) -> None:
    """Whatever the list's ttl and exp, with a clock up to 30 s off and everything cut at the revocation (R3, F25)."""
    lifetime = max(ttl, lifetime)
    with running_issuer(TurnableTime()) as issuer:
        verifier, token = Plain(issuer), issuer.token()
        now = int(issuer.time.wall)
        issuer.list_claims = {"ttl": ttl, "exp": now + lifetime}
        issuer.time.set_wall(skew)
        outcome(verifier, token)
        issuer.kill()
        elapsed = 0
        for step in steps:
            issuer.time.advance(step)
            elapsed += step
            if outcome(verifier, token) == "accepted":
                assert elapsed <= min(lifetime, DEFAULT.max_staleness) + 30
        verifier.close()


@given(jumps=st.lists(st.tuples(st.integers(0, 120), st.integers(-200_000, 200_000)), min_size=1, max_size=8))
def test_no_jump_of_the_clock_revives_a_list_or_a_token(jumps) -> None:
    """R41: what ended by the issuer's own time, and what has passed since, has ended, however the clock is set
    (F25).
    """
    with running_issuer(TurnableTime()) as issuer:
        verifier = Plain(issuer)
        start = issuer.time.monotonic
        token = issuer.token(exp=int(issuer.time.wall) + 300)
        verifier.verify(token)
        issuer.kill()
        for passed, jump in jumps:
            issuer.time.advance(passed)
            issuer.time.set_wall(jump)
            if outcome(verifier, token) == "accepted":
                assert issuer.time.monotonic - start < 300
        verifier.close()


def test_a_clock_that_was_ahead_and_is_put_right_does_no_harm(issuer: TestIssuer, new_verifier) -> None:
    """Only what the issuer signed moves the effective time, so an hour ahead is over when it is over (threats 19)."""
    verifier, token = new_verifier(), issuer.token()
    issuer.time.wall += 172_800
    ahead = issuer.time.wall
    issuer.list_claims = {"iat": int(ahead) - 172_800, "exp": int(ahead) - 172_800 + 900}
    wrong = outcome(verifier, token)
    issuer.time.wall -= 172_800
    issuer.time.advance(2)

    assert (wrong, outcome(verifier, token)) == ("verifier_unavailable", "accepted")


def test_a_list_from_the_future_is_refused_and_moves_nothing(issuer: TestIssuer, new_verifier) -> None:
    """An `iat` beyond the leeway would push a verifier's time ahead for good (threats 19)."""
    verifier, token = new_verifier(), issuer.token()
    now = int(issuer.time.wall)
    issuer.list_claims = {"iat": now + 31, "exp": now + 931}
    future = outcome(verifier, token)
    issuer.list_claims = {}
    issuer.time.advance(2)

    assert (future, outcome(verifier, token)) == ("verifier_unavailable", "accepted")


def test_an_older_list_never_replaces_a_newer_one(issuer: TestIssuer, new_verifier) -> None:
    """A cache that answers with last week's list takes no revocation back (attack 66, R2) (F33)."""
    verifier, token, other = new_verifier(), issuer.token(), issuer.token(idx=99)
    old = issuer.signed_list()
    paused = issuer.token(idx=98)
    issuer.time.advance(10)
    issuer.set_status(4711, 1)
    issuer.set_status(98, 2)
    assert (outcome(verifier, token), outcome(verifier, paused)) == ("token_revoked", "token_paused")
    issuer.answers[LIST] = Answer(old, "application/statuslist+jwt")
    issuer.time.advance(60)

    assert (outcome(verifier, token), outcome(verifier, paused)) == ("token_revoked", "token_paused")
    assert outcome(verifier, other) == "accepted"


def test_revoked_stays_revoked_whatever_a_later_list_says(issuer: TestIssuer, new_verifier) -> None:
    """INVALID is final for every verifier that saw it; SUSPENDED may return (R2)."""
    verifier, revoked, paused = new_verifier(), issuer.token(), issuer.token(idx=99)
    issuer.set_status(4711, 1)
    issuer.set_status(99, 2)
    assert (outcome(verifier, revoked), outcome(verifier, paused)) == ("token_revoked", "token_paused")

    issuer.statuses = type(issuer.statuses).fresh()
    issuer.version += 1
    issuer.time.advance(60)

    assert (outcome(verifier, revoked), outcome(verifier, paused)) == ("token_revoked", "accepted")
