import asyncio
import pwd

import asyncpg
import pytest

from tests.servers.postgresql import PostgresServer


async def _ask(url: str, statement: str, within: float = 10) -> object:
    connection = await asyncpg.connect(url, timeout=within)
    try:
        return await connection.fetchval(statement, timeout=within)
    finally:
        await connection.close()


@pytest.mark.parametrize("turn", ["first", "second"])
async def test_every_test_meets_an_empty_database(postgres_url: str, turn: str) -> None:
    """What one test leaves behind, the next one never sees: both turns create the same table."""
    assert (
        await _ask(postgres_url, "SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace")
        == 0
    )
    await _ask(postgres_url, "CREATE TABLE remains (turn TEXT)")


async def test_the_server_is_recent_and_writes_to_the_disk(postgres_url: str) -> None:
    """A bench or crash test on a server that skips fsync would prove nothing."""
    assert await _ask(postgres_url, "SELECT current_setting('server_version_num')::int / 10000") >= 15
    assert await _ask(postgres_url, "SELECT current_setting('fsync')") == "on"
    assert await _ask(postgres_url, "SELECT current_setting('synchronous_commit')") == "on"


async def test_a_stranger_without_the_password_stays_outside(postgres_url: str) -> None:
    """Whoever else is on this machine would otherwise be a superuser of the server's account."""
    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(postgres_url, password="guessed")


async def test_a_committed_row_survives_a_kill(own_postgres: PostgresServer) -> None:
    """kill9 and start are a crash and its recovery, on the same port."""
    await _ask(own_postgres.url(), "CREATE TABLE kept AS SELECT 1 AS one")

    own_postgres.kill9()
    with pytest.raises(OSError, match="Connect call failed"):
        await _ask(own_postgres.url(), "SELECT 1")
    own_postgres.start()

    assert await _ask(own_postgres.url(), "SELECT one FROM kept") == 1


async def test_a_paused_server_is_silent_and_goes_on_where_it_was(own_postgres: PostgresServer) -> None:
    """A frozen machine answers nothing on old and new connections, and loses none of them."""
    connection = await asyncpg.connect(own_postgres.url())

    own_postgres.pause()
    with pytest.raises(TimeoutError):
        await _ask(own_postgres.url(), "SELECT 1", within=0.3)
    waiting = asyncio.create_task(connection.fetchval("SELECT 2"))
    assert await asyncio.wait([waiting], timeout=0.3) == (set(), {waiting})
    own_postgres.resume()

    assert await waiting == 2
    await connection.close()


async def test_stop_and_start_keep_the_address_and_the_rows(own_postgres: PostgresServer) -> None:
    """A restart as an operator does it; starting twice changes nothing."""
    await _ask(own_postgres.url(), "CREATE TABLE kept AS SELECT 1 AS one")
    own_postgres.stop()
    assert own_postgres.pid is None

    own_postgres.start()
    pid = own_postgres.pid
    own_postgres.start()

    assert own_postgres.pid == pid
    assert await _ask(own_postgres.url(), "SELECT one FROM kept") == 1


def test_it_never_runs_as_root(postgres_server: PostgresServer) -> None:
    """PostgreSQL refuses root, so root's tests start it under another user, in a folder of that user's."""
    owner = (postgres_server.cluster / "postmaster.pid").stat().st_uid

    assert pwd.getpwuid(owner).pw_name != "root"
