import asyncio
from dataclasses import replace
from typing import Any

from service.domain.session import Carrier, Invitation, InvitationPurpose, Session
from service.storage import Database
from tests.conformance.world import HOUR, World, new_id


def a_session(user_id: str, now: int, **members: Any) -> Session:
    defaults = {
        "id": new_id(),
        "secret_hash": new_id() * 2,
        "user_id": user_id,
        "carrier": Carrier.COOKIE,
        "created_at": now,
        "confirmed_at": now,
        "seen_at": now,
        "expires_at": now + HOUR,
    }
    return Session(**defaults | members)


def an_invitation(now: int, **members: Any) -> Invitation:
    defaults = {
        "secret_hash": new_id() * 2,
        "purpose": InvitationPurpose.FIRST_ADMINISTRATOR,
        "user_id": None,
        "created_at": now,
        "expires_at": now + HOUR,
    }
    return Invitation(**defaults | members)


async def found(world: World, *sessions: Session) -> list[Session | None]:
    async with world.storage.reading() as read:
        pairs = [await read.sessions.find(session.secret_hash) for session in sessions]
    return [pair[0] if pair else None for pair in pairs]


async def test_a_live_session_comes_with_its_user(world: World) -> None:
    """One read tells who is calling."""
    async with world.storage.transaction() as tx:
        session = a_session(world.owner, await tx.now(), carrier=Carrier.BEARER)
        await tx.sessions.add(session)
        user = await tx.users.get(world.owner)

    async with world.storage.reading() as read:
        assert await read.sessions.find(session.secret_hash) == (session, user)
        assert await read.sessions.find(session.secret_hash.upper()) is None


async def test_a_session_is_over_when_it_expires_ends_or_its_user_is_disabled(world: World, offset) -> None:
    """Judged in the read itself, by the database's clock."""
    other = await world.add_user()
    async with world.storage.transaction() as tx:
        now = await tx.now()
        lasting = a_session(world.owner, now, expires_at=now + 9 * HOUR)
        expiring = a_session(world.owner, now)
        ended = a_session(world.owner, now)
        orphan = a_session(other.id, now)
        for session in (lasting, expiring, ended, orphan):
            await tx.sessions.add(session)
        await tx.sessions.end(ended.id, now)
    await world.disable(other.id)
    assert await found(world, lasting, expiring, ended, orphan) == [lasting, expiring, None, None]

    offset.seconds = HOUR

    assert await found(world, lasting, expiring) == [lasting, None]


async def test_confirming_replaces_the_secret(world: World) -> None:
    """A secret that was known before the password was given again opens nothing after it (R48)."""
    async with world.storage.transaction() as tx:
        now = await tx.now()
        session = a_session(world.owner, now - 60)
        await tx.sessions.add(session)
        await tx.sessions.confirm(session.id, "f" * 64, now)
    renewed = replace(session, secret_hash="f" * 64, confirmed_at=now)

    assert await found(world, session, renewed) == [None, renewed]


async def test_being_seen_never_moves_back(world: World) -> None:
    """Replicas report out of order."""
    async with world.storage.transaction() as tx:
        now = await tx.now()
        session = a_session(world.owner, now)
        await tx.sessions.add(session)
        await tx.sessions.seen(session.id, now + 9)
        await tx.sessions.seen(session.id, now + 5)

    [seen] = await found(world, session)
    assert seen.seen_at == now + 9


async def test_ending_all_sessions_may_spare_one_and_nobody_elses(world: World) -> None:
    """A changed password ends the others, and leaves the one that changed it."""
    other = await world.add_user()
    async with world.storage.transaction() as tx:
        now = await tx.now()
        spared, ended, foreign = (a_session(user, now) for user in (world.owner, world.owner, other.id))
        for session in (spared, ended, foreign):
            await tx.sessions.add(session)
        await tx.sessions.end_all(world.owner, now, but=spared.id)
    assert await found(world, spared, ended, foreign) == [spared, None, foreign]

    async with world.storage.transaction() as tx:
        await tx.sessions.end_all(world.owner, now)

    assert await found(world, spared, foreign) == [None, foreign]


async def test_a_one_time_link_works_once_under_a_race(storage: Database) -> None:
    """Of eight who come with the same link, one gets in."""
    async with storage.transaction() as tx:
        now = await tx.now()
        invitation = an_invitation(now)
        await tx.invitations.add(invitation)

    async def consume() -> Invitation | None:
        async with storage.transaction() as tx:
            return await tx.invitations.consume(invitation.secret_hash, now)

    outcomes = await asyncio.gather(*(consume() for _ in range(8)))

    assert [outcome for outcome in outcomes if outcome] == [replace(invitation, used_at=now)]


async def test_a_link_that_expired_or_was_withdrawn_opens_nothing(storage: Database) -> None:
    """At its expiry it is over; a withdrawn purpose takes all its unused links with it, and no others."""
    async with storage.transaction() as tx:
        now = await tx.now()
        expired = an_invitation(now, expires_at=now)
        withdrawn = an_invitation(now)
        other = an_invitation(now, purpose=InvitationPurpose.PASSWORD)
        for invitation in (expired, withdrawn, other):
            await tx.invitations.add(invitation)
        await tx.invitations.withdraw(InvitationPurpose.FIRST_ADMINISTRATOR, now)

        outcomes = [await tx.invitations.consume(i.secret_hash, now) for i in (expired, withdrawn, other)]

    assert outcomes == [None, None, replace(other, used_at=now)]


async def test_many_sessions_are_read_at_once(world: World) -> None:
    """One statement tells of up to 32 callers who is signed in, and at what time that was so."""
    another = await world.add_user()
    async with world.storage.transaction() as tx:
        now = await tx.now()
        live = [a_session(owner, now) for owner in (world.owner, another.id)]
        over = a_session(world.owner, now)
        for session in (*live, over):
            await tx.sessions.add(session)
        await tx.sessions.end(over.id, now)

    hashes = [session.secret_hash for session in (*live, over)]
    who = await world.storage.signed_in([*hashes, *(new_id() * 2 for _ in range(32 - len(hashes)))])

    assert {each.secret_hash: each for each in live} == {key: found.session for key, found in who.items()}
    assert {found.user.id for found in who.values()} == {world.owner, another.id}
    assert all(0 <= found.read_at - now <= HOUR for found in who.values())
