import asyncio
import contextlib
import time
from collections.abc import AsyncIterator

import pytest

from service.domain.errors import OutcomeUnknown, StorageUnavailable
from service.storage import Database, open_storage
from tests.conformance.direct import direct_rows
from tests.conformance.world import World, a_user, new_hash
from tests.servers.postgresql import PostgresServer

PATIENCE = 3
"""Seconds within which every question is answered, whatever the database does (R21, R57)."""


@pytest.fixture
async def storage(postgres_url: str) -> AsyncIterator[Database]:
    opened = await open_storage(postgres_url)
    await opened.migrate()
    yield opened
    await opened.close()


@pytest.fixture
async def own_storage(own_postgres: PostgresServer) -> AsyncIterator[Database]:
    """On a server that the test may break."""
    opened = await open_storage(own_postgres.url())
    await opened.migrate()
    yield opened
    own_postgres.start()
    await opened.close()


async def add_user(storage: Database) -> None:
    async with storage.transaction() as tx:
        await tx.users.add(a_user())


async def unavailable(storage: Database) -> float:
    """How long it takes a change, a read and the truth, asked at once, to say that nobody answers."""
    before = time.monotonic()

    async def read() -> None:
        async with storage.reading() as reading:
            await reading.heads()

    outcomes = await asyncio.gather(
        add_user(storage), read(), storage.truth_by_hash([new_hash()]), return_exceptions=True
    )
    assert [type(outcome) for outcome in outcomes] == [StorageUnavailable] * 3, outcomes
    return time.monotonic() - before


async def test_a_server_that_is_down_is_unavailable_and_comes_back_by_itself(
    own_postgres: PostgresServer, own_storage: Database
) -> None:
    """No restart of ours is needed, and nothing is guessed meanwhile (R21, R59)."""
    await add_user(own_storage)

    own_postgres.kill9()
    assert await unavailable(own_storage) < PATIENCE
    own_postgres.start()

    await add_user(own_storage)
    assert await own_storage.truth_by_hash([new_hash()]) == {}


async def test_a_frozen_server_is_unavailable_in_time(
    own_postgres: PostgresServer, own_storage: Database
) -> None:
    """Connections stay open and nothing answers: only a limit of our own ends that (promises, fact 5)."""
    await add_user(own_storage)
    await own_storage.truth_by_hash([new_hash()])

    own_postgres.pause()
    took = await unavailable(own_storage)
    own_postgres.resume()

    assert took < PATIENCE
    await add_user(own_storage)
    assert len(await direct_rows(own_storage, "SELECT id FROM users")) >= 2


async def test_a_commit_without_an_answer_is_an_unknown_outcome(
    own_postgres: PostgresServer, own_storage: Database
) -> None:
    """Neither done nor undone is claimed (R11); a repeat converges."""

    async def add_while_it_freezes() -> None:
        async with own_storage.transaction() as tx:
            await tx.users.add(a_user())
            own_postgres.pause()

    with pytest.raises(OutcomeUnknown):
        await add_while_it_freezes()
    own_postgres.resume()

    await add_user(own_storage)


@pytest.fixture
async def commit_without_standby(
    own_postgres: PostgresServer, own_storage: Database
) -> AsyncIterator[asyncio.Task[None]]:
    """A change whose commit waits for a standby that is not there."""
    own_postgres.sql("ALTER SYSTEM SET synchronous_standby_names = 'nobody'")
    own_postgres.sql("SELECT pg_reload_conf()")
    adding = asyncio.create_task(add_user(own_storage))
    waits = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'"
    while await asyncio.to_thread(own_postgres.sql, waits) == "0":
        assert not adding.done()
    yield adding
    await asyncio.wait([adding])


def give_up_waiting(server: PostgresServer) -> None:
    server.sql("SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'")


async def test_a_commit_that_gave_up_on_its_standby_is_an_unknown_outcome(
    own_postgres: PostgresServer, commit_without_standby: asyncio.Task[None]
) -> None:
    """It is visible here and nowhere else: fail-over would undo what was acknowledged (threats 8)."""
    give_up_waiting(own_postgres)

    with pytest.raises(OutcomeUnknown, match="warning"):
        await commit_without_standby


async def test_a_commit_under_way_ends_before_its_cancellation_is_felt(
    own_postgres: PostgresServer, commit_without_standby: asyncio.Task[None]
) -> None:
    """A client that hangs up tears no commit apart, nor the connection that carries it (R65)."""
    commit_without_standby.cancel()
    _, pending = await asyncio.wait([commit_without_standby], timeout=0.3)
    give_up_waiting(own_postgres)

    assert pending == {commit_without_standby}
    with pytest.raises(asyncio.CancelledError):
        await commit_without_standby


async def ask_for_ever(storage: Database, token_hash: str) -> None:
    """Until it fails: each session of the server learns of a new setting in its own time."""
    while True:
        await storage.truth_by_hash([token_hash])


async def test_a_read_only_server_tells_no_truth(own_postgres: PostgresServer, own_storage: Database) -> None:
    """A demoted primary behind an open connection must not answer 'active', nor 'unknown' (threats 22)."""
    world = await World(own_storage).settle()
    _, value = await world.issue()
    assert await world.reasons([value]) == [None]

    own_postgres.sql("ALTER SYSTEM SET default_transaction_read_only = on")
    own_postgres.sql("SELECT pg_reload_conf()")

    with pytest.raises(StorageUnavailable):
        await asyncio.wait_for(ask_for_ever(own_storage, value.token_hash), PATIENCE)
    for hashes in ([value.token_hash], [new_hash()], []):
        with pytest.raises(StorageUnavailable):
            await own_storage.truth_by_hash(hashes)
    with pytest.raises(StorageUnavailable):
        await own_storage.truth_by_jti([value.jti])


async def test_a_standby_is_never_connected_to(own_postgres: PostgresServer, own_storage: Database) -> None:
    """A new connection that would be read-only is refused at once."""
    own_postgres.sql("ALTER SYSTEM SET default_transaction_read_only = on")
    own_postgres.sql("SELECT pg_reload_conf()")
    fresh = await open_storage(own_postgres.url())

    assert await unavailable(fresh) < PATIENCE
    await fresh.close()


async def test_a_terminated_session_is_replaced(storage: Database) -> None:
    """An operator who ends our sessions costs the requests under way, and none after them."""
    await add_user(storage)
    kill = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'safeconduct'"

    async def begin_and_be_killed() -> None:
        async with storage.transaction() as tx:
            await direct_rows(storage, kill + " AND pid <> pg_backend_pid() AND datname = current_database()")
            await tx.heads()

    with pytest.raises(StorageUnavailable):
        await begin_and_be_killed()

    await add_user(storage)
    assert await storage.truth_by_hash([new_hash()]) == {}


async def test_a_transaction_whose_fault_was_swallowed_does_not_pass_for_a_commit(storage: Database) -> None:
    """PostgreSQL answers ROLLBACK to the COMMIT of a failed transaction, without any error."""

    async def swallow() -> None:
        async with storage.transaction() as tx:
            user = a_user()
            await tx.users.add(user)
            with contextlib.suppress(Exception):  # this is the mistake
                await tx.users.add(a_user(id=user.id))

    with pytest.raises(StorageUnavailable, match="rolled back"):
        await swallow()

    assert await direct_rows(storage, "SELECT id FROM users") == []


async def test_a_lock_that_is_held_too_long_is_unavailable_in_time(storage: Database) -> None:
    """A stalled transaction costs others an answer within the statement's limit, not a hang (threats 21)."""
    world = await World(storage).settle()

    async with storage.transaction() as tx:
        await tx.users.lock(world.owner)
        before = time.monotonic()
        with pytest.raises(StorageUnavailable):
            await world.disable(world.owner)
        waited = time.monotonic() - before

    assert waited < PATIENCE
    await world.disable(world.owner)


async def test_a_busy_pool_refuses_after_a_second(postgres_url: str) -> None:
    """Waiting longer would only move the queue into the process; the truth has connections of its own."""
    storage = await open_storage(postgres_url, connections=1)
    await storage.migrate()
    async with storage.transaction():
        before = time.monotonic()
        with pytest.raises(StorageUnavailable):
            await add_user(storage)
        waited = time.monotonic() - before
        assert await storage.truth_by_hash([new_hash()]) == {}

    assert 0.9 < waited < PATIENCE
    await add_user(storage)
    await storage.close()


async def test_a_connection_is_used_again_while_it_was_used_lately(
    storage: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Opening one costs more than many statements; one that has long been idle may have been dropped on the way."""

    async def backend() -> int:
        async with storage._engine.reader() as connection:
            return await connection.raw.fetchval("SELECT pg_backend_pid()")

    first = await backend()
    assert await backend() == first

    monkeypatch.setattr("service.storage.pool.IDLE", 0)

    assert await backend() != first


async def test_nothing_is_left_set_in_a_session(storage: Database) -> None:
    """A pooler hands the next transaction another session: limits last as long as their transaction (threats 22)."""
    names = (
        "lock_timeout",
        "idle_in_transaction_session_timeout",
        "synchronous_commit",
        "transaction_isolation",
    )
    show = "SELECT " + ", ".join(f"current_setting('{name}')" for name in names)

    async def settings(connection) -> tuple[str, ...]:
        return tuple(await connection.raw.fetchrow(show))

    async with storage._engine.writer() as connection:
        await connection.raw.execute("SET synchronous_commit = off")
        before = await settings(connection)
        await connection.run("begin")
        during = await settings(connection)
        await connection.commit()
        after = await settings(connection)

    assert during == ("5s", "5s", "on", "read committed")
    assert before == after == ("0", "0", "off", "read committed")


async def test_a_stricter_durability_is_kept(storage: Database) -> None:
    """`remote_apply` waits for more than `on`; it is not lowered."""
    async with storage._engine.writer() as connection:
        await connection.raw.execute("SET synchronous_commit = remote_apply")
        await connection.run("begin")
        assert await connection.raw.fetchval("SHOW synchronous_commit") == "remote_apply"
        await connection.commit()


async def test_everything_works_without_prepared_statements(postgres_url: str) -> None:
    """As a pooler in transaction mode demands that does not keep them."""
    storage = await open_storage(postgres_url, prepared_statements=False)
    await storage.migrate()
    world = await World(storage).settle()
    token, value = await world.issue()

    await world.revoke(token.id)

    assert await world.reasons([value]) == ["revoked"]
    assert await world.statuses([value]) == [1]
    async with storage._engine.reader() as connection:
        assert await connection.raw.fetchval("SELECT count(*) FROM pg_prepared_statements") == 0
    await storage.close()


async def test_the_clock_is_floored(storage: Database) -> None:
    """A cast would round 1.6 up to 2: `iat` would lie in the future (R71)."""
    ahead = await direct_rows(
        storage,
        """SELECT count(*) FROM generate_series(1, 20000)
           WHERE sc_now() > extract(epoch FROM clock_timestamp())""",
    )
    assert ahead == [(0,)]
