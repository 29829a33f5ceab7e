import pytest

from keys import (
    IllegalKey,
    IllegalTransition,
    KeyRing,
    KeyState,
    MasterKey,
    MasterKeys,
    NewKey,
    Step,
    Transition,
    apply,
    fulfil,
    open_private,
    rotate,
)
from keys.private_part import rewrapped
from tests.unit.keys.rings import ACCESS, DAY, MASTERS, NOW, POLICY, a_key, bootstrapped


def step(of: Step, kid: str, **more) -> Transition:
    return Transition(step=of, kid=kid, at=NOW, **more)


def test_applying_raises_the_version_and_leaves_the_old_ring_alone():
    """A ring is a moment; the next one has the next number (K3)."""
    key = a_key()
    before = KeyRing(4)
    after = apply(before, [step(Step.PUBLISH, key.kid, key=key)])

    assert (before.version, before.keys) == (4, ())
    assert (after.version, after.keys) == (5, (key,))


def test_a_life_in_steps():
    """Published, activated, retired, its private part destroyed, removed: each with its time."""
    key = a_key()
    ring = apply(KeyRing(0), [step(Step.PUBLISH, key.kid, key=key)])
    order = [Step.ACTIVATE, Step.RETIRE, Step.DESTROY_PRIVATE, Step.REMOVE]
    for at, of in enumerate(order, start=NOW + 1):
        ring = apply(ring, [Transition(step=of, kid=key.kid, at=at)])
    end = ring.by_kid(key.kid)

    assert end.state is KeyState.REMOVED
    assert (end.published_at, end.activated_at, end.retired_at) == (NOW, NOW + 1, NOW + 2)
    assert (end.private_destroyed_at, end.removed_at, end.sealed_private) == (NOW + 3, NOW + 4, None)


def test_changes_are_dated_when_they_are_stored_not_when_they_were_planned():
    """Keys take seconds to make: only since then is the next one published and the old one retired."""
    before = bootstrapped()
    parts = rotate(before, POLICY, NOW + DAY, purpose=ACCESS, live={}, masters=MASTERS)
    ring = apply(before, fulfil(parts, MASTERS), now=NOW + DAY + 7)

    assert ring.by_kid(before.active(ACCESS).kid).retired_at == NOW + DAY + 7
    assert ring.active(ACCESS).activated_at == NOW + DAY + 7
    assert (ring.next(ACCESS).created_at, ring.next(ACCESS).published_at) == (NOW + DAY, NOW + DAY + 7)


@pytest.mark.parametrize("of", [of for of in Step if of is not Step.PUBLISH])
def test_an_unknown_key_takes_no_step(of):
    """A plan for another ring does not apply to this one."""
    with pytest.raises(IllegalTransition):
        apply(KeyRing(0), [step(of, a_key().kid)])


def test_a_kid_is_published_once():
    """Neither a live key nor a removed or compromised one is published again (K9)."""
    key = a_key()

    for held in (key, key.compromised(NOW)):
        with pytest.raises(IllegalTransition):
            apply(KeyRing(1, [held]), [step(Step.PUBLISH, key.kid, key=key)])


def test_a_key_enters_the_ring_as_next():
    """Nothing signs that was not published before, in the order of the steps at least (R25)."""
    key = a_key().activated(NOW, bootstrap=True)

    with pytest.raises(IllegalTransition):
        apply(KeyRing(0), [step(Step.PUBLISH, key.kid, key=key)])


@pytest.mark.parametrize("given", [None, a_key()])
@pytest.mark.parametrize("of", [Step.PUBLISH, Step.REWRAP])
def test_a_step_that_needs_a_key_gets_that_key(of, given):
    """Not none, and not another."""
    held = a_key()
    ring = KeyRing(1, [held] if of is Step.REWRAP else [])

    with pytest.raises(IllegalTransition):
        apply(ring, [step(of, held.kid, key=given)])


def test_two_active_keys_are_refused_whatever_the_steps_say():
    """The ring is the last guard of K1."""
    ring = bootstrapped()

    with pytest.raises(IllegalKey):
        apply(ring, [step(Step.ACTIVATE, ring.next(ACCESS).kid)])


def test_a_rewrap_cannot_bring_a_destroyed_private_part_back():
    """It may have been read before the private part was destroyed, and written after (K12)."""
    retired = a_key().activated(NOW, bootstrap=True).retired(NOW)
    moved = rewrapped(retired, MasterKeys(MasterKey(b"n" * 32), previous=(MASTERS.current,)))
    ring = KeyRing(1, [retired.without_private(NOW)])

    with pytest.raises(IllegalKey):
        apply(ring, [step(Step.REWRAP, moved.kid, key=moved)])


def test_a_rewrap_changes_the_seal_alone():
    """Whatever else the carried key says is not taken over."""
    key = a_key()
    moved = rewrapped(key, MasterKeys(MasterKey(b"n" * 32), previous=(MASTERS.current,)))
    active = key.activated(NOW, bootstrap=False)
    [after] = apply(KeyRing(1, [active]), [step(Step.REWRAP, key.kid, key=moved)]).keys

    assert after.state is KeyState.ACTIVE
    assert after.sealed_private == moved.sealed_private


def test_fulfilling_makes_the_keys_that_a_plan_asks_for():
    """A key that signs at once is published first, and marked as unknown to verifiers (K5)."""
    order = NewKey(purpose=ACCESS, algorithm="EdDSA", at=NOW, active=True)
    published, activated = fulfil((order,), MASTERS)

    assert (published.step, published.key.algorithm, published.key.state) == (
        Step.PUBLISH,
        "EdDSA",
        KeyState.NEXT,
    )
    assert (activated.step, activated.kid, activated.bootstrap) == (Step.ACTIVATE, published.kid, True)
    assert open_private(published.key, MASTERS)


def test_fulfilling_leaves_other_steps_as_they_are():
    """Order included."""
    steps = (step(Step.RETIRE, "a"), step(Step.ACTIVATE, "b"))

    assert fulfil(steps, MASTERS) == steps
