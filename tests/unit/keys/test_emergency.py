from dataclasses import replace

import pytest

from keys import (
    IllegalTransition,
    KeyNotFound,
    KeyState,
    MasterKeyMismatch,
    MasterKeyMissing,
    RotationPolicy,
    Step,
    compromise,
    open_private,
    plan,
    replace_unopenable,
)
from keys.ring import KeyRing
from tests.unit.keys.rings import (
    ACCESS,
    DAY,
    MASTERS,
    NOW,
    OTHERS,
    POLICY,
    STATUS,
    after,
    bootstrapped,
    planned,
    rotated,
)

LATER = NOW + 2 * DAY


def compromised(ring, *kids, now=LATER, policy=POLICY):
    return after(ring, compromise(ring, policy, now, set(kids), reason="laptop lost", masters=MASTERS))


def test_the_next_key_signs_at_once_when_the_active_one_is_compromised():
    """Verifiers know it already: no outage (R29)."""
    before = bootstrapped()
    gone, successor = before.active(ACCESS).kid, before.next(ACCESS).kid
    ring = compromised(before, gone)

    assert ring.active(ACCESS).kid == successor
    assert ring.active(ACCESS).bootstrap is False
    assert ring.next(ACCESS).published_at == LATER


def test_a_compromised_key_keeps_nothing_but_its_name():
    """Private part destroyed, out of the JWKS, verifying nothing; the row stays for ever (K8, K12)."""
    before = bootstrapped()
    ring = compromised(before, before.active(ACCESS).kid)
    key = ring.by_kid(before.active(ACCESS).kid)

    assert (key.state, key.sealed_private, key.master_id) == (KeyState.COMPROMISED, None, None)
    assert (key.compromised_at, key.private_destroyed_at) == (LATER, LATER)
    assert key.kid not in {other.kid for other in (*ring.published(), *ring.verifying(ACCESS))}


def test_a_successor_that_verifiers_may_not_know_is_marked():
    """The emergency waives the prepublication, and says so (K5)."""
    before = bootstrapped()
    ring = compromised(before, before.active(ACCESS).kid, now=NOW + DAY - 1)

    assert ring.active(ACCESS).bootstrap is True


def test_a_compromised_next_key_is_replaced_and_the_active_one_goes_on():
    """There is always a next key (K2)."""
    before = bootstrapped()
    ring = compromised(before, before.next(ACCESS).kid)

    assert ring.active(ACCESS) == before.active(ACCESS)
    assert ring.next(ACCESS).published_at == LATER


def test_a_compromised_retired_key_takes_nothing_else_with_it():
    """Its tokens end; who signs and who is next stay as they are."""
    before = rotated(bootstrapped(), NOW + DAY)
    [retired] = before.of(ACCESS, KeyState.RETIRED)
    ring = compromised(before, retired.kid)

    assert ring.by_kid(retired.kid).state is KeyState.COMPROMISED
    assert (ring.active(ACCESS), ring.next(ACCESS)) == (before.active(ACCESS), before.next(ACCESS))


def test_a_key_whose_private_part_is_gone_can_still_be_compromised():
    """It may have leaked before it was destroyed."""
    ring = planned(rotated(bootstrapped(), NOW + DAY), NOW + DAY + 120)
    [verify_only] = ring.of(ACCESS, KeyState.RETIRED)

    assert compromised(ring, verify_only.kid).by_kid(verify_only.kid).private_destroyed_at == NOW + DAY + 120


def test_when_the_whole_store_leaked_a_fresh_key_signs():
    """Named together, no suspected key becomes active in between."""
    before = bootstrapped()
    suspected = {key.kid for key in before.keys}
    ring = compromised(before, *suspected)

    assert {ring.by_kid(kid).state for kid in suspected} == {KeyState.COMPROMISED}
    for purpose in (ACCESS, STATUS):
        assert (ring.active(purpose).published_at, ring.active(purpose).bootstrap) == (LATER, True)
        assert ring.next(purpose).published_at == LATER


def test_a_compromised_status_key_leaves_the_token_keys_alone():
    """A drill of its own (threats 9)."""
    before = bootstrapped()
    ring = compromised(before, before.active(STATUS).kid)

    assert ring.of(ACCESS) == before.of(ACCESS)
    assert ring.active(STATUS).kid == before.next(STATUS).kid


def test_of_two_waiting_keys_the_one_known_longest_signs():
    """Even one of an algorithm that was given up: known beats wanted."""
    to_eddsa = RotationPolicy(algorithm="EdDSA")
    waiting = planned(bootstrapped(), NOW + DAY, to_eddsa)
    ring = compromised(waiting, waiting.active(ACCESS).kid, now=NOW + DAY, policy=to_eddsa)

    assert (ring.active(ACCESS).algorithm, ring.active(ACCESS).bootstrap) == ("ES256", False)
    assert ring.next(ACCESS).algorithm == "EdDSA"


def test_the_reason_goes_with_the_step():
    """The audit keeps it for ever."""
    ring = bootstrapped()
    kid = ring.active(ACCESS).kid
    first, *_ = compromise(ring, POLICY, LATER, {kid}, reason="laptop lost", masters=MASTERS)

    assert (first.step, first.kid, first.reason) == (Step.COMPROMISE, kid, "laptop lost")


def test_a_second_compromise_changes_nothing():
    """Whoever presses twice gets the first time (R11)."""
    before = bootstrapped()
    kid = before.active(ACCESS).kid
    ring = compromised(before, kid)

    assert compromise(ring, POLICY, LATER + 5, {kid}, reason="again", masters=MASTERS) == ()


def test_a_removed_key_is_past_compromising():
    """No token of it lives, and nobody verifies with it."""
    ring = planned(rotated(bootstrapped(), NOW + DAY), LATER)
    [removed] = ring.of(ACCESS, KeyState.REMOVED)

    with pytest.raises(IllegalTransition):
        compromised(ring, removed.kid)


def test_an_unknown_key_cannot_be_compromised():
    """A typing error in an emergency is answered, not swallowed."""
    with pytest.raises(KeyNotFound):
        compromised(bootstrapped(), "unknown")


@pytest.mark.parametrize(("masters", "error"), [(None, MasterKeyMissing), (OTHERS, MasterKeyMismatch)])
def test_without_the_right_master_key_nothing_is_compromised(masters, error):
    """The new next key would be sealed under a master key that the others do not know (K22)."""
    ring = bootstrapped()

    with pytest.raises(error):
        compromise(ring, POLICY, LATER, {ring.active(ACCESS).kid}, reason="", masters=masters)


def test_after_a_lost_master_key_others_sign_and_the_old_ones_verify():
    """Their tokens go on; nothing of the lost master key is kept (promises section 2)."""
    before = rotated(bootstrapped(), NOW + DAY)
    old = {key.kid for key in before.published()}
    ring = after(before, replace_unopenable(before, POLICY, NOW + DAY + 1, masters=OTHERS), OTHERS)

    assert {ring.by_kid(kid).state for kid in old} == {KeyState.RETIRED}
    assert {ring.by_kid(kid).sealed_private for kid in old} == {None}
    for purpose in (ACCESS, STATUS):
        assert open_private(ring.active(purpose), OTHERS)
        assert ring.active(purpose).bootstrap
        assert open_private(ring.next(purpose), OTHERS)
    assert plan(ring, POLICY, NOW + DAY + 2, live={}, masters=OTHERS) == ()


def test_a_damaged_row_is_replaced_by_the_next_key_alone():
    """What opens is kept: verifiers know it."""
    before = bootstrapped()
    active = before.active(ACCESS)
    damaged = replace(active, sealed_private=active.sealed_private[:-4] + "AAAA")
    ring = KeyRing(1, [damaged, *(key for key in before.keys if key is not active)])
    healed = after(ring, replace_unopenable(ring, POLICY, LATER, masters=MASTERS))

    assert healed.by_kid(active.kid).state is KeyState.RETIRED
    assert healed.active(ACCESS).kid == before.next(ACCESS).kid
    assert healed.active(ACCESS).bootstrap is False
    assert healed.of(STATUS) == before.of(STATUS)


def test_a_retired_key_that_does_not_open_only_loses_its_private_part():
    """It verifies on; nobody else changes place."""
    before = rotated(bootstrapped(), NOW + DAY)
    [retired] = before.of(ACCESS, KeyState.RETIRED)
    damaged = replace(retired, sealed_private="")
    ring = KeyRing(2, [damaged, *(key for key in before.keys if key is not retired)])
    [step] = replace_unopenable(ring, POLICY, NOW + DAY, masters=MASTERS)

    assert (step.step, step.kid) == (Step.DESTROY_PRIVATE, retired.kid)


def test_where_everything_opens_there_is_nothing_to_replace():
    """Asked by mistake, it does no harm."""
    assert replace_unopenable(bootstrapped(), POLICY, LATER, masters=MASTERS) == ()
