import pytest

from keys import (
    MAX_PUBLISHED,
    KeyRing,
    KeyState,
    MasterKey,
    MasterKeyMismatch,
    MasterKeyMissing,
    MasterKeys,
    NewKey,
    NextKeyTooYoung,
    NoActiveKey,
    Pin,
    Purpose,
    RotationPolicy,
    Step,
    TooManyKeys,
    Transition,
    fulfil,
    open_private,
    pins,
    plan,
    rewrap,
    rotate,
)
from tests.unit.keys.rings import (
    ACCESS,
    DAY,
    MASTERS,
    NOW,
    OTHERS,
    POLICY,
    STATUS,
    a_key,
    after,
    bootstrapped,
    planned,
    rotated,
)


def due(ring, now, policy=POLICY, live=None, masters=MASTERS):
    return plan(ring, policy, now, live=live or {}, masters=masters)


def steps_of(parts, kid):
    return [part.step for part in parts if isinstance(part, Transition) and part.kid == kid]


def crowded(count: int) -> KeyRing:
    """A ring with *count* published keys: what is bootstrapped, and retired ones."""
    ring = bootstrapped()
    retired = [
        a_key(now=NOW - 900 * DAY).activated(NOW - 800 * DAY, bootstrap=True).retired(NOW - 700 * DAY + age)
        for age in range(count - 4)
    ]
    return KeyRing(1, [*ring.keys, *retired])


# The scheduler ----------------------------------------------------------------------------------------------


def test_the_first_plan_makes_an_active_and_a_next_key_for_each_purpose():
    """Only now may a key sign that verifiers had no time to learn: there are none yet (K5)."""
    ring = bootstrapped()

    for purpose in Purpose:
        active, following = ring.active(purpose), ring.next(purpose)
        assert (active.bootstrap, active.published_at, active.activated_at) == (True, NOW, NOW)
        assert (following.bootstrap, following.published_at, following.activated_at) == (False, NOW, None)
    assert (ring.version, len(ring.keys)) == (1, 4)


def test_a_purpose_that_never_had_a_key_is_bootstrapped_by_itself():
    """The other purpose's keys are left alone."""
    ring = KeyRing(1, [key for key in bootstrapped().keys if key.purpose is ACCESS])
    parts = due(ring, NOW + 5)

    assert [(part.purpose, part.active) for part in parts] == [(STATUS, True), (STATUS, False)]


@pytest.mark.parametrize("seconds", [0, 1, DAY, 90 * DAY - 1])
def test_nothing_is_due_before_its_time(seconds):
    """A plan is a question: asked at any time, at any replica, it is empty until something is due (K16)."""
    assert due(bootstrapped(), NOW + seconds) == ()


def test_the_next_key_signs_once_the_active_one_has_served_its_time():
    """Retired and activated in one step, and a new next key published in the same (promises section 2)."""
    before = bootstrapped()
    ring = planned(before, NOW + 90 * DAY)

    for purpose in Purpose:
        assert ring.active(purpose).kid == before.next(purpose).kid
        assert ring.active(purpose).activated_at == NOW + 90 * DAY
        assert ring.active(purpose).bootstrap is False
        assert ring.by_kid(before.active(purpose).kid).retired_at == NOW + 90 * DAY
        assert ring.next(purpose).published_at == NOW + 90 * DAY
    assert due(ring, NOW + 90 * DAY) == ()


def test_a_next_key_that_verifiers_may_not_know_yet_waits():
    """However long the active one has served: the scheduler slept for a year (K5)."""
    without = KeyRing(1, [key for key in bootstrapped().keys if key.state is not KeyState.NEXT])
    late = planned(without, NOW + 400 * DAY)

    assert {late.next(purpose).published_at for purpose in Purpose} == {NOW + 400 * DAY}
    assert due(late, NOW + 401 * DAY - 1) == ()
    assert planned(late, NOW + 401 * DAY).active(ACCESS).kid == late.next(ACCESS).kid


def test_a_retired_key_loses_its_private_part_after_the_drain():
    """Whoever began to sign with it has ended by then (K12)."""
    ring = rotated(bootstrapped(), NOW + DAY)
    [retired] = ring.of(ACCESS, KeyState.RETIRED)
    live = {retired.kid: NOW + 900 * DAY}

    assert due(ring, NOW + DAY + 119, live=live) == ()
    [step] = due(ring, NOW + DAY + 120, live=live)
    assert (step.step, step.kid, step.at) == (Step.DESTROY_PRIVATE, retired.kid, NOW + DAY + 120)


def test_a_token_key_stays_as_long_as_a_live_token_refers_to_it():
    """And a little longer, for the caches of those who still verify it (K7, R26)."""
    ring = rotated(bootstrapped(), NOW + DAY)
    [retired] = ring.of(ACCESS, KeyState.RETIRED)
    exp = NOW + 30 * DAY
    ring = planned(ring, NOW + DAY + 120, live={retired.kid: exp})

    assert steps_of(due(ring, exp + 329, live={retired.kid: exp}), retired.kid) == []
    assert steps_of(due(ring, exp + 330, live={retired.kid: exp}), retired.kid) == [Step.REMOVE]


def test_a_token_that_never_ends_keeps_its_key_for_ever():
    """Retention is a count of references, not a duration."""
    ring = rotated(bootstrapped(), NOW + DAY)
    [retired] = ring.of(ACCESS, KeyState.RETIRED)
    later = NOW + 50 * 365 * DAY

    assert Step.REMOVE not in steps_of(due(ring, later, live={retired.kid: 4_102_444_800}), retired.kid)


def test_a_key_without_live_tokens_leaves_when_caches_have_turned_over():
    """All revoked, or none ever made: the last seconds of its signatures are waited for."""
    ring = rotated(bootstrapped(), NOW + DAY)
    [retired] = ring.of(ACCESS, KeyState.RETIRED)

    assert steps_of(due(ring, NOW + DAY + 329), retired.kid) == [Step.DESTROY_PRIVATE]
    assert steps_of(due(ring, NOW + DAY + 330), retired.kid) == [Step.DESTROY_PRIVATE, Step.REMOVE]


def test_a_status_key_stays_until_the_last_list_it_signed_has_expired():
    """900 seconds of list and 30 of leeway."""
    ring = rotated(bootstrapped(), NOW + DAY, STATUS)
    [retired] = ring.of(STATUS, KeyState.RETIRED)

    assert Step.REMOVE not in steps_of(due(ring, NOW + DAY + 929), retired.kid)
    assert Step.REMOVE in steps_of(due(ring, NOW + DAY + 930), retired.kid)


def test_a_plan_is_the_same_at_every_replica():
    """Same ring, same time, same tokens: same steps (K21 asks no more than the database's clock)."""
    ring = bootstrapped()

    assert due(ring, NOW + 200 * DAY) == due(KeyRing(ring.version, ring.keys[::-1]), NOW + 200 * DAY)


def test_the_scheduler_does_not_rotate_beyond_what_verifiers_read():
    """32 published keys: it goes on signing with the one it has; `pins` tells why (threats 23)."""
    ring = crowded(MAX_PUBLISHED)
    live = {key.kid: NOW + 900 * DAY for key in ring.keys}
    ring = planned(ring, NOW + 1, live=live)

    assert due(ring, NOW + 200 * DAY, live=live) == ()


def test_the_last_room_goes_to_one_purpose_only():
    """Two rotations in one plan do not pass the limit together."""
    ring = crowded(MAX_PUBLISHED - 1)
    live = {key.kid: NOW + 900 * DAY for key in ring.keys}
    ring = planned(planned(ring, NOW + 1, live=live), NOW + 200 * DAY, live=live)

    assert len(ring.published()) == MAX_PUBLISHED


# Another algorithm ------------------------------------------------------------------------------------------


def test_another_algorithm_is_published_first_and_signs_when_verifiers_know_it():
    """One line of configuration, and no verifier is left behind."""
    to_eddsa = RotationPolicy(algorithm="EdDSA")
    old = bootstrapped()
    announced = planned(old, NOW + 10, to_eddsa)

    assert announced.active(ACCESS).kid == old.active(ACCESS).kid
    assert due(announced, NOW + 10 + DAY - 1, to_eddsa) == ()
    assert planned(announced, NOW + 10 + DAY, to_eddsa).active(ACCESS).algorithm == "EdDSA"


def test_another_algorithm_waits_for_room():
    """A key for each purpose more would be more than verifiers read; the next ones there are do for now."""
    to_eddsa = RotationPolicy(algorithm="EdDSA")
    ring = crowded(MAX_PUBLISHED)
    live = {key.kid: NOW + 900 * DAY for key in ring.keys}

    assert not any(isinstance(part, NewKey) for part in due(ring, NOW + 1, to_eddsa, live))


def test_the_next_key_of_the_old_algorithm_stays_until_one_of_the_new_is_ready():
    """In an emergency a key that verifiers know is worth more than one of the right algorithm."""
    to_eddsa = RotationPolicy(algorithm="EdDSA")
    ring = planned(planned(bootstrapped(), NOW, to_eddsa), NOW + DAY, to_eddsa)
    reserve = ring.next(ACCESS)
    later = planned(ring, NOW + 2 * DAY, to_eddsa)

    assert reserve.algorithm == "ES256"
    assert later.by_kid(reserve.kid).state is KeyState.RETIRED
    assert later.by_kid(reserve.kid).activated_at is None
    assert {key.algorithm for key in later.of(ACCESS, KeyState.NEXT, KeyState.ACTIVE)} == {"EdDSA"}


def test_a_next_key_that_retired_unused_leaves_like_any_other():
    """Private part first, then the public one."""
    to_eddsa = RotationPolicy(algorithm="EdDSA")
    ring = bootstrapped()
    unused = ring.next(ACCESS).kid
    for days in (0, 1, 2, 3):
        ring = planned(ring, NOW + days * DAY, to_eddsa)

    assert ring.by_kid(unused).state is KeyState.REMOVED


# By command -------------------------------------------------------------------------------------------------


def test_a_rotation_by_command_does_not_wait_for_the_active_key_to_age():
    """The operator decides when; the prepublication is waited for all the same."""
    before = bootstrapped()
    ring = rotated(before, NOW + DAY)

    assert ring.active(ACCESS).kid == before.next(ACCESS).kid
    assert ring.active(STATUS).kid == before.active(STATUS).kid
    assert ring.next(ACCESS).published_at == NOW + DAY


def test_a_rotation_refused_says_when_it_will_do():
    """Nothing shortens the prepublication but an emergency."""
    with pytest.raises(NextKeyTooYoung) as refusal:
        rotated(bootstrapped(), NOW + DAY - 1)

    assert refusal.value.ready_at == NOW + DAY
    assert "access_token" in str(refusal.value)


def test_a_rotation_waits_for_a_next_key_of_the_chosen_algorithm():
    """It would go back to the old one otherwise."""
    to_eddsa = RotationPolicy(algorithm="EdDSA")

    with pytest.raises(NextKeyTooYoung):
        rotate(bootstrapped(), to_eddsa, NOW + 5 * DAY, purpose=ACCESS, live={}, masters=MASTERS)


def test_nothing_is_rotated_that_was_never_bootstrapped():
    """Bootstrap is the scheduler's act, not a side effect."""
    with pytest.raises(NoActiveKey):
        rotate(KeyRing(0), POLICY, NOW, purpose=ACCESS, live={}, masters=MASTERS)


def test_a_rotation_beyond_32_keys_names_what_pins_the_oldest():
    """The operator learns which tokens to revoke or let end (threats 23)."""
    ring = crowded(MAX_PUBLISHED)
    oldest, second, *_ = sorted(ring.of(ACCESS, KeyState.RETIRED), key=lambda key: key.retired_at)
    live = {oldest.kid: NOW + 900 * DAY}

    with pytest.raises(TooManyKeys) as refusal:
        rotate(ring, POLICY, NOW + DAY, purpose=ACCESS, live=live, masters=MASTERS)

    assert refusal.value.pins[0] == Pin(
        kid=oldest.kid, retired_at=oldest.retired_at, latest_exp=NOW + 900 * DAY
    )
    assert refusal.value.pins[1].kid == second.kid
    assert refusal.value.pins[1].latest_exp is None
    assert len(refusal.value.pins) == MAX_PUBLISHED - 4
    assert oldest.kid in str(refusal.value)


def test_the_last_key_that_fits_may_be_rotated_in():
    """The other side of the boundary above."""
    ring = rotated(crowded(MAX_PUBLISHED - 1), NOW + DAY)

    assert len(ring.published()) == MAX_PUBLISHED


def test_pins_can_be_had_without_a_refusal():
    """For the listing and the alarm."""
    assert pins(bootstrapped(), {}) == ()
    assert len(pins(rotated(bootstrapped(), NOW + DAY), {})) == 1


# The master key ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("masters", "error"), [(None, MasterKeyMissing), (OTHERS, MasterKeyMismatch)])
@pytest.mark.parametrize("seconds", [0, DAY, 400 * DAY])
def test_without_the_right_master_key_nothing_is_planned(masters, error, seconds):
    """Not a new key, not a removal, due or not: two sets of keys would be worse than none (K22)."""
    ring = bootstrapped()

    with pytest.raises(error):
        due(ring, NOW + seconds, masters=masters)
    with pytest.raises(error):
        rotate(ring, POLICY, NOW + seconds, purpose=ACCESS, live={}, masters=masters)


def test_without_a_master_key_nothing_is_bootstrapped():
    """A first start without one is refused, not improvised (R31)."""
    with pytest.raises(MasterKeyMissing):
        due(KeyRing(0), NOW, masters=None)


def test_rewrapping_reaches_every_private_part_and_nothing_else():
    """Destroyed ones have nothing to rewrap; what is under the new master key is left alone (R32)."""
    ring = planned(rotated(bootstrapped(), NOW + DAY), NOW + 3 * DAY)
    new = MasterKeys(MasterKey(b"n" * 32), previous=(MASTERS.current,))
    sealed = {key.kid for key in ring.keys if key.sealed_private is not None}
    parts = rewrap(ring, NOW + 3 * DAY, new)
    moved = after(ring, parts)

    assert {part.kid for part in parts} == sealed != {key.kid for key in ring.keys}
    assert {key.master_id for key in moved.keys} == {new.current.master_id, None}
    assert all(open_private(moved.by_kid(kid), MasterKeys(new.current)) for kid in sealed)
    assert rewrap(moved, NOW + 3 * DAY, new) == ()


def test_a_rewrap_cut_in_the_middle_goes_on_where_it_stopped():
    """At each point every row opens with exactly one of old and new (R32)."""
    ring = bootstrapped()
    new = MasterKeys(MasterKey(b"n" * 32), previous=(MASTERS.current,))
    for left in (4, 3, 2, 1):
        parts = rewrap(ring, NOW, new)
        assert len(parts) == left
        ring = after(ring, parts[:1])

    assert rewrap(ring, NOW, new) == ()


def test_rewrapping_without_the_old_master_key_changes_nothing():
    """It would have to be guessed."""
    with pytest.raises(MasterKeyMismatch):
        rewrap(bootstrapped(), NOW, OTHERS)


def test_a_plan_makes_no_key_itself():
    """Generation takes up to a second and happens outside of any transaction."""
    parts = due(KeyRing(0), NOW)

    assert all(isinstance(part, NewKey) for part in parts)
    assert len({step.kid for step in fulfil(parts, MASTERS)}) == 4
