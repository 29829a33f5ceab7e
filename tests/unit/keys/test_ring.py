import pytest

from keys import IllegalKey, KeyNotFound, KeyRing, KeyState, NoActiveKey
from tests.unit.keys.rings import ACCESS, DAY, NOW, STATUS, a_key, bootstrapped, rotated


def test_a_ring_refuses_two_active_keys_of_one_purpose():
    """Exactly one key signs (K1)."""
    active = [a_key().activated(NOW, bootstrap=True) for _ in range(2)]

    with pytest.raises(IllegalKey):
        KeyRing(1, active)


def test_each_purpose_has_an_active_key_of_its_own():
    """Whoever holds the status key holds no token key (K18)."""
    keys = [a_key(purpose).activated(NOW, bootstrap=True) for purpose in (ACCESS, STATUS)]
    ring = KeyRing(1, keys)

    assert [ring.active(ACCESS), ring.active(STATUS)] == keys


def test_a_ring_refuses_one_kid_twice():
    """A kid names one key for ever (K9)."""
    key = a_key()

    with pytest.raises(IllegalKey):
        KeyRing(1, [key, key.compromised(NOW)])


def test_rings_of_the_same_keys_are_equal_in_whatever_order_they_came():
    """Two replicas that read the rows in different orders hold the same ring (K10)."""
    keys = [a_key() for _ in range(5)]

    assert KeyRing(1, keys) == KeyRing(1, reversed(keys))


def test_the_next_key_is_the_one_that_verifiers_have_known_longest():
    """With two waiting, the safer one goes first."""
    young, old = a_key(now=NOW + 5), a_key(now=NOW)

    assert KeyRing(1, [young, old]).next(ACCESS) == old


def test_published_are_next_active_and_retired_keys():
    """Removed and compromised keys are in no JWKS, ever again (K8, K9)."""
    following, compromised = a_key(), a_key().compromised(NOW)
    active = a_key().activated(NOW, bootstrap=True)
    retired = a_key().activated(NOW, bootstrap=True).retired(NOW)
    verify_only = a_key().activated(NOW, bootstrap=True).retired(NOW).without_private(NOW)
    removed = verify_only.removed(NOW)
    ring = KeyRing(1, [following, active, retired, compromised, removed])

    assert {key.kid for key in ring.published()} == {following.kid, active.kid, retired.kid}
    assert {key.kid for key in ring.verifying(ACCESS)} == {active.kid, retired.kid}


def test_a_next_key_verifies_nothing():
    """A signature by a key that has never signed is a forgery (standards attack 14)."""
    ring = bootstrapped()

    assert ring.next(ACCESS) not in ring.verifying(ACCESS)


def test_a_key_verifies_for_its_own_purpose_alone():
    """A status key is no token key, whichever way it is asked (K18)."""
    ring = rotated(bootstrapped(), NOW + DAY)

    assert {key.purpose for key in ring.verifying(ACCESS)} == {ACCESS}
    assert {key.purpose for key in ring.verifying(STATUS)} == {STATUS}


def test_every_key_there_ever_was_is_found_by_its_kid():
    """The row of a compromised key is kept for ever."""
    key = a_key().compromised(NOW)

    assert KeyRing(1, [key]).by_kid(key.kid).state is KeyState.COMPROMISED


def test_an_empty_ring_has_no_keys_to_offer():
    """Before the first plan nothing signs, and nothing guesses."""
    ring = KeyRing(0)

    assert (ring.next(ACCESS), ring.published(), ring.verifying(ACCESS)) == (None, (), ())
    with pytest.raises(NoActiveKey):
        ring.active(ACCESS)
    with pytest.raises(KeyNotFound):
        ring.by_kid("unknown")
