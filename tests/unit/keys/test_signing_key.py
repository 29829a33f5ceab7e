from dataclasses import FrozenInstanceError, replace

import pytest

from keys import LEGAL, IllegalKey, IllegalTransition, KeyState, SigningKey, UnknownAlgorithm
from tests.unit.keys.rings import NOW, a_key

MOVES = {
    KeyState.ACTIVE: lambda key: key.activated(NOW, bootstrap=False),
    KeyState.RETIRED: lambda key: key.retired(NOW),
    KeyState.REMOVED: lambda key: key.removed(NOW),
    KeyState.COMPROMISED: lambda key: key.compromised(NOW),
}


def in_state(state: KeyState) -> SigningKey:
    """A key that came to *state* by the ordinary way."""
    key = a_key()
    if state is KeyState.NEXT:
        return key
    if state is KeyState.COMPROMISED:
        return key.compromised(NOW)
    active = key.activated(NOW, bootstrap=True)
    if state is KeyState.ACTIVE:
        return active
    retired = active.retired(NOW)
    return retired if state is KeyState.RETIRED else retired.without_private(NOW).removed(NOW)


@pytest.mark.parametrize(
    ("state", "target"), [(state, target) for state in KeyState for target in MOVES if target in LEGAL[state]]
)
def test_a_legal_move_arrives(state, target):
    """next, active, retired, removed; compromised from any but removed (design section 5)."""
    before = in_state(state)
    ready = before.without_private(NOW) if target is KeyState.REMOVED else before

    assert MOVES[target](ready).state is target


@pytest.mark.parametrize(
    ("state", "target"),
    [(state, target) for state in KeyState for target in MOVES if target not in LEGAL[state]],
)
def test_an_illegal_move_is_refused(state, target):
    """A key never comes back: nothing leads from removed or compromised anywhere (K3, K9)."""
    key = in_state(state)

    with pytest.raises(IllegalTransition):
        MOVES[target](key)


def test_the_table_says_what_the_design_says():
    """The drawn life cycle, in full: the table above would otherwise agree with any table."""
    assert {
        KeyState.NEXT: {KeyState.ACTIVE, KeyState.RETIRED, KeyState.COMPROMISED},
        KeyState.ACTIVE: {KeyState.RETIRED, KeyState.COMPROMISED},
        KeyState.RETIRED: {KeyState.REMOVED, KeyState.COMPROMISED},
        KeyState.REMOVED: set(),
        KeyState.COMPROMISED: set(),
    } == LEGAL


@pytest.mark.parametrize(
    ("state", "contradiction"),
    [
        (KeyState.NEXT, {"activated_at": NOW}),
        (KeyState.NEXT, {"sealed_private": None, "master_id": None}),
        (KeyState.NEXT, {"sealed_private": None, "master_id": None, "private_destroyed_at": NOW}),
        (KeyState.ACTIVE, {"activated_at": None}),
        (KeyState.ACTIVE, {"retired_at": NOW}),
        (KeyState.ACTIVE, {"sealed_private": None, "master_id": None, "private_destroyed_at": NOW}),
        (KeyState.ACTIVE, {"compromised_at": NOW}),
        (KeyState.RETIRED, {"retired_at": None}),
        (KeyState.RETIRED, {"removed_at": NOW}),
        (KeyState.RETIRED, {"private_destroyed_at": NOW}),
        (KeyState.RETIRED, {"sealed_private": None}),
        (KeyState.RETIRED, {"master_id": None}),
        (KeyState.REMOVED, {"sealed_private": "sc1…", "master_id": "m"}),
        (KeyState.REMOVED, {"private_destroyed_at": None}),
        (KeyState.REMOVED, {"removed_at": None}),
        (KeyState.COMPROMISED, {"sealed_private": "sc1…", "master_id": "m"}),
        (KeyState.COMPROMISED, {"sealed_private": "sc1…", "master_id": "m", "private_destroyed_at": None}),
        (KeyState.COMPROMISED, {"compromised_at": None}),
        (KeyState.COMPROMISED, {"removed_at": NOW}),
        (KeyState.NEXT, {"kid": "k1"}),
        (KeyState.NEXT, {"algorithm": "RS256"}),
    ],
)
def test_a_contradiction_cannot_be_built(state, contradiction):
    """What a row of a damaged database says is refused when it is read, not when it is used (K9, K12)."""
    key = in_state(state)

    with pytest.raises(IllegalKey):
        replace(key, **contradiction)


def test_a_public_jwk_with_a_private_member_cannot_be_built():
    """What is not in the key cannot leak from the JWKS (K11)."""
    key = a_key()

    with pytest.raises(IllegalKey):
        replace(key, public_jwk={**key.public_jwk, "d": "AA"})


def test_another_keys_public_part_cannot_be_slipped_in():
    """The kid is the thumbprint of the key it names (K9)."""
    with pytest.raises(IllegalKey):
        replace(a_key(), public_jwk=a_key().public_jwk)


def test_an_unknown_algorithm_cannot_be_built():
    """A row for an algorithm that this version does not know is no key."""
    with pytest.raises(UnknownAlgorithm):
        replace(a_key(), algorithm="HS256")


def test_a_private_part_is_destroyed_only_once_the_key_retired():
    """The active key cannot lose the means to sign by an ordinary step."""
    with pytest.raises(IllegalTransition):
        in_state(KeyState.ACTIVE).without_private(NOW)


def test_a_compromise_keeps_the_time_at_which_the_private_part_was_destroyed():
    """History is never rewritten (K3)."""
    verify_only = in_state(KeyState.RETIRED).without_private(NOW)

    assert verify_only.compromised(NOW + 9).private_destroyed_at == NOW


def test_a_key_cannot_be_changed():
    """Every change is a new value: whoever holds a ring holds one moment."""
    key = a_key()

    with pytest.raises(FrozenInstanceError):
        key.state = KeyState.ACTIVE
    with pytest.raises(TypeError):
        key.public_jwk["x"] = "other"


def test_a_key_prints_without_its_private_part():
    """Not even the sealed text belongs in a log (R15)."""
    key = a_key()

    assert key.sealed_private not in repr(key)
    assert key.kid in repr(key)
