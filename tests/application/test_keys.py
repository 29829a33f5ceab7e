"""Keys: born at the first start, rotated without breaking anybody, ended at once when lost."""

import asyncio
import json

import pytest
from safeconduct import KeySet, VerificationPolicy
from safeconduct.verifier import check

from keys import KeyState, MasterKey, MasterKeys, NextKeyTooYoung, Purpose, VerifyOnly
from service.application.keys import KeysChanged, KeysChangedMeanwhile
from service.domain.errors import CannotSign
from tests.application.deployment import DAY, Deployment, claims_of, header_of

WEEK = 7 * DAY
PURPOSES = tuple(Purpose)


def states(on: Deployment, purpose: Purpose) -> list[KeyState]:
    return sorted(key.state for key in on.services.current.ring.of(purpose))


def published(on: Deployment) -> KeySet:
    """The JWKS as anybody fetches it now."""
    return KeySet.from_document(json.loads(on.services.current.published.body))


async def test_a_first_start_makes_an_active_and_a_next_key_for_each_purpose(opened: Deployment) -> None:
    """Bootstrap is an act of start-up; the keys' private parts are sealed."""
    for purpose in PURPOSES:
        assert states(opened, purpose) == [KeyState.ACTIVE, KeyState.NEXT]

    rows = await opened.sql("SELECT sealed_private, public_jwk FROM signing_key")
    assert len(rows) == 4
    assert all(sealed and '"d"' not in public for sealed, public in rows)


async def test_another_start_makes_no_keys(on: Deployment) -> None:
    """R28: nothing but the first start and a rotation does."""
    async with on.process() as first:
        on.opened = first
        before = await on.sql("SELECT kid, state FROM signing_key ORDER BY kid")
        body = first.services.current.published.body
    async with on.process() as second:
        on.opened = second
        assert await on.sql("SELECT kid, state FROM signing_key ORDER BY kid") == before
        assert second.services.current.published.body == body
        assert await second.services.rotate_keys.when_due() == KeysChanged(())


async def test_two_years_of_rotation_break_no_verifier(opened: Deployment) -> None:
    """K19, R25, R26: every live token verifies by the keys of its day and by a copy that is 24 hours old; keys
    that nobody needs leave.
    """
    policy = VerificationPolicy(issuer=opened.settings.issuer, audiences=None, max_lifetime=None)
    owner, live = await opened.user(), []
    yesterday = published(opened)
    for week in range(104):
        for _ in range(6):
            opened.clock.advance(DAY)
            await opened.opened.housekeeping.rotate()
        yesterday = published(opened)
        opened.clock.advance(DAY)
        await opened.opened.housekeeping.rotate()
        live.append(await opened.token(owner, days=(7, 30, 90)[week % 3]))
        now, today = opened.clock(), published(opened)
        live = [issued for issued in live if claims_of(issued)["exp"] > now + 60]

        for keys in (today, yesterday):
            for issued in live:
                assert check(issued.jwt.reveal(), keys, policy, now).jti == claims_of(issued)["jti"]

    used = {kid for (kid,) in await opened.sql("SELECT kid FROM token_value")}
    assert len(used) >= 8
    assert len(today.keys) <= 8
    gone = await opened.sql("SELECT sealed_private FROM signing_key WHERE state = 'removed'")
    assert len(gone) >= 8
    assert {sealed for (sealed,) in gone} == {None}


async def test_a_key_that_a_live_token_needs_never_leaves(opened: Deployment) -> None:
    """R26: a token without end pins its key, however many come after it."""
    pinned = await opened.token(days=None)
    for _ in range(24):
        opened.clock.advance(31 * DAY)
        await opened.opened.housekeeping.rotate()

    assert header_of(pinned)["kid"] in published(opened).keys
    assert await opened.is_active(pinned)
    await opened.revoke(pinned.token)
    opened.clock.advance(DAY)
    await opened.opened.housekeeping.rotate()
    assert header_of(pinned)["kid"] not in published(opened).keys


async def test_a_young_next_key_does_not_sign(opened: Deployment) -> None:
    """R25: verifiers are given a day to learn it; nothing is changed by the refusal."""
    before = await opened.dump()

    with pytest.raises(NextKeyTooYoung):
        await opened.services.rotate_keys(purpose=Purpose.ACCESS_TOKEN, actor="administrator")

    assert await opened.dump() == before


async def test_of_many_rotations_at_once_exactly_one_happens(opened: Deployment) -> None:
    """R24, K16: eight at a time, at two processes, twenty times (F26)."""
    async with opened.replicas() as replicas:
        for _ in range(20):
            opened.clock.advance(DAY + 5)
            before = opened.services.current.ring.version
            outcomes = await asyncio.gather(
                *(
                    replicas[n % 2].rotate_keys(purpose=Purpose.ACCESS_TOKEN, actor="administrator")
                    for n in range(8)
                ),
                return_exceptions=True,
            )

            assert sum(isinstance(outcome, KeysChanged) for outcome in outcomes) == 1
            lost = [outcome for outcome in outcomes if not isinstance(outcome, KeysChanged)]
            assert {type(outcome) for outcome in lost} <= {KeysChangedMeanwhile, NextKeyTooYoung}
            for services in replicas:
                await services.current.reload(opened.storage)
            assert opened.services.current.ring.version == before + 1
            assert replicas[0].current.published == replicas[1].current.published
    assert await opened.count("signing_key", "state = 'active' AND purpose = 'access_token'") == 1
    assert await opened.count("audit", "action = 'key.activate' AND actor = 'administrator'") == 20


async def test_schedulers_of_two_processes_agree(opened: Deployment) -> None:
    """A lost race is no failure: the key set is the same at both afterwards."""
    async with opened.replicas() as replicas:
        opened.clock.advance(91 * DAY)

        await asyncio.gather(*(services.rotate_keys.when_due() for services in replicas * 4))

        for services in replicas:
            await services.current.reload(opened.storage)
        assert replicas[0].current.published == replicas[1].current.published
    for purpose in PURPOSES:
        assert states(opened, purpose) == [KeyState.ACTIVE, KeyState.NEXT, KeyState.RETIRED]


async def test_tokens_made_while_keys_rotate_are_signed_by_the_key_of_their_second(
    opened: Deployment,
) -> None:
    """K4, K6: no token is younger than its key's retirement, at either process."""
    owner = await opened.user()
    async with opened.replicas() as replicas:
        for turn in range(15):
            opened.clock.advance(DAY + 5)
            await asyncio.gather(
                *(opened.token(owner, services=replicas[n % 2]) for n in range(6)),
                replicas[turn % 2].rotate_keys(purpose=Purpose.ACCESS_TOKEN, actor="administrator"),
            )

    rows = await opened.sql(
        "SELECT v.issued_at, k.activated_at, k.retired_at, k.published_at, k.bootstrap"
        "  FROM token_value v JOIN signing_key k ON k.kid = v.kid"
    )
    assert len(rows) == 90
    for issued_at, activated_at, retired_at, published_at, bootstrap in rows:
        assert activated_at <= issued_at <= (retired_at or issued_at)
        assert bootstrap or issued_at - published_at >= DAY


async def test_a_compromised_key_and_all_it_signed_end_at_once(opened: Deployment) -> None:
    """R29: introspection and lists from the acknowledgement on; the next key signs without a pause."""
    old = await opened.token()
    opened.clock.advance(2 * DAY)
    await opened.services.rotate_keys(purpose=Purpose.ACCESS_TOKEN, actor="administrator")
    lost = [await opened.token() for _ in range(3)]
    kid = header_of(lost[0])["kid"]

    foreseen = await opened.services.compromise_key(kid, reason="leaked", actor="a", dry_run=True)
    assert [await opened.is_active(issued) for issued in lost] == [True] * 3
    changed = await opened.services.compromise_key(kid, reason="leaked", actor="administrator")

    assert foreseen.revoked == changed.revoked == 3
    assert [await opened.is_active(issued) for issued in lost] == [False] * 3
    assert [await opened.fresh_status(issued) for issued in lost] == [1] * 3
    assert await opened.is_active(old)
    assert await opened.is_active(await opened.token())
    assert kid not in published(opened).keys
    [(state, sealed)] = await opened.sql(f"SELECT state, sealed_private FROM signing_key WHERE kid = '{kid}'")
    assert (state, sealed) == ("compromised", None)
    assert "key.compromise" in await opened.audit(f"key:{kid}")


async def test_a_compromise_asked_for_again_is_written_down(opened: Deployment) -> None:
    """Threats 8: the repeat's commit waits for the same disk as the first one's."""
    kid = header_of(await opened.token())["kid"]
    await opened.services.compromise_key(kid, reason="leaked", actor="administrator")
    version = opened.services.current.ring.version

    again = await opened.services.compromise_key(kid, reason="leaked", actor="administrator")

    assert (again.transitions, again.revoked) == ((), 0)
    assert opened.services.current.ring.version == version
    assert (await opened.audit(f"key:{kid}"))[-1] == "key.compromised_again"


async def test_lists_are_signed_anew_as_soon_as_their_key_is_compromised(opened: Deployment) -> None:
    """Threats 9: not with the next tick; by the key that takes over, at the same addresses."""
    issued = await opened.token()
    uri = claims_of(issued)["status"]["status_list"]["uri"]
    before = await opened.signed_list(uri)
    lost = opened.services.current.ring.active(Purpose.STATUS_LIST).kid

    await opened.services.compromise_key(lost, reason="leaked", actor="administrator")
    await opened.opened.housekeeping.follow()

    after = await opened.signed_list(uri)
    assert after.version > before.version
    assert after.keyset_version > before.keyset_version
    assert after.statuses == before.statuses
    assert await opened.is_active(issued)


async def test_keys_are_listed_with_what_hangs_on_them(opened: Deployment) -> None:
    """An administrator sees, before acting, how many live values a key signed."""
    first = await opened.token()
    await opened.token()
    await opened.revoke(first.token)

    listed = {listing.key.kid: listing.live_tokens for listing in await opened.services.list_keys()}

    assert len(listed) == 4
    assert listed.pop(header_of(first)["kid"]) == 1
    assert set(listed.values()) == {0}


@pytest.mark.parametrize("masters", [None, MasterKeys(MasterKey(bytes(32)))], ids=["missing", "wrong"])
async def test_without_the_right_master_key_nothing_changes_and_nothing_is_signed(
    on: Deployment, masters: MasterKeys | None
) -> None:
    """R31, K22: not one row of any table; tokens are recognised and revoked all the same (F35)."""
    async with on.process() as first:
        on.opened = first
        issued, doomed = await on.token(), await on.token()
        owner = await on.user()
        await on.status(issued)
        before = await on.dump()

    async with on.process(masters=masters) as second:
        on.opened = second
        assert await on.dump() == before
        with pytest.raises(CannotSign):
            await on.token(owner)
        with pytest.raises(CannotSign):
            await on.regenerate(issued.token)
        for act in (
            second.services.rotate_keys.when_due(),
            second.services.rotate_keys(purpose=Purpose.ACCESS_TOKEN, actor="a"),
            second.services.compromise_key(header_of(issued)["kid"], reason="r", actor="a"),
        ):
            with pytest.raises(VerifyOnly):
                await act
        assert await on.dump() == before
        health = await second.services.readiness()
        assert not health.ready
        assert health.checks["signing"] != "ok"

        assert await on.is_active(issued)
        assert header_of(issued)["kid"] in published(on).keys
        await on.revoke(doomed.token)
        assert not await on.is_active(doomed)
        assert await on.is_active(issued)


@pytest.mark.parametrize("masters", [None, MasterKeys(MasterKey(bytes(32)))], ids=["missing", "wrong"])
async def test_without_the_right_master_key_lists_are_served_until_they_expire(
    on: Deployment, masters: MasterKeys | None
) -> None:
    """R31: the one that is stored, honest about its age, and then none."""
    async with on.process() as first:
        on.opened = first
        issued = await on.token()
        assert await on.status(issued) == 0

    async with on.process(masters=masters) as second:
        on.opened = second
        on.clock.advance(600)
        await second.housekeeping.follow()
        assert await on.status(issued) == 0
        on.clock.advance(310)

        with pytest.raises(CannotSign):
            await on.status(issued)


async def test_readers_of_lists_hear_of_a_lost_key_that_signed_nothing_they_know(opened: Deployment) -> None:
    """R44: a token forged with it may name any index, so every list tells of the new key set, not those alone that
    changed.
    """
    issued = await opened.token()
    await opened.revoke(issued.token)
    lists, [list_id] = opened.services.status_lists, await opened.services.status_lists.ids()
    before = await lists.token(list_id)
    kid = header_of(issued)["kid"]

    await opened.services.compromise_key(kid, reason="leaked", actor="administrator")
    await lists.follow()

    after = await opened.signed_list(claims_of(issued)["status"]["status_list"]["uri"])
    assert after.version > before.version
    assert after.keyset_version == opened.services.current.ring.version
