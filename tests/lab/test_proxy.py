"""The proxy itself: a fault that is not injected proves nothing."""

import asyncio
import time
from collections.abc import AsyncIterator

import asyncpg
import pytest

from tests.lab.proxy import Hold, Mode, Proxy
from tests.lab.wire import Messages
from tests.servers.leash import wait_until
from tests.servers.postgresql import PostgresServer

SSL_REQUEST = (8).to_bytes(4) + (80_877_103).to_bytes(4)
STARTUP = (14).to_bytes(4) + (196_608).to_bytes(4) + b"user\0\0"
QUERY = b"Q" + (11).to_bytes(4) + b"COMMIT\0"
EXECUTE = b"E" + (9).to_bytes(4) + b"\0" * 5


@pytest.fixture
def url(postgres_server: PostgresServer, proxy: Proxy) -> str:
    return postgres_server.url().replace(f":{postgres_server.port}/", f":{proxy.port}/")


@pytest.fixture
async def connection(url: str, proxy: Proxy) -> AsyncIterator[asyncpg.Connection]:
    proxy.calm()
    opened = await asyncpg.connect(url)
    yield opened
    opened.terminate()


async def reached(hold: Hold) -> bool:
    return await asyncio.to_thread(hold.reached.wait, 5)


def test_messages_are_cut_wherever_the_bytes_are() -> None:
    """One byte at a time, all at once, with and without types: the same messages."""
    stream = SSL_REQUEST + STARTUP + QUERY + EXECUTE
    whole, trickled = Messages(), Messages()

    at_once = whole.feed(stream)
    one_by_one = [message for byte in stream for message in trickled.feed(bytes([byte]))]

    assert at_once == one_by_one
    assert [message.kind for message in at_once] == ["", "", "Q", "E"]
    assert [message.acts for message in at_once] == [False, False, True, True]
    assert [message.commits for message in at_once] == [False, False, True, False]
    assert b"".join(message.octets for message in at_once) == stream


async def test_what_passes_is_counted(connection: asyncpg.Connection, proxy: Proxy) -> None:
    """A simple query acts once, a prepared one once for each execution."""
    before = proxy.acts

    await connection.execute("SELECT 1")
    await connection.fetchval("SELECT $1::int", 1)
    await connection.fetchval("SELECT $1::int", 2)

    assert proxy.acts - before == 3


async def test_a_held_message_has_no_effect_before_its_release(
    connection: asyncpg.Connection, proxy: Proxy, postgres_server: PostgresServer
) -> None:
    """The second statement waits while the first one's effect is there; then it goes on."""
    hold = proxy.hold(2)
    await connection.execute("CREATE TABLE held (a INT)")
    inserting = asyncio.create_task(connection.execute("INSERT INTO held VALUES (1)"))

    assert await reached(hold)
    assert await asyncio.to_thread(postgres_server.sql, "SELECT count(*) FROM held") == "0"
    hold.release()
    await inserting
    assert await asyncio.to_thread(postgres_server.sql, "SELECT count(*) FROM held") == "1"
    await connection.execute("DROP TABLE held")


async def test_a_held_answer_comes_after_its_effect(
    connection: asyncpg.Connection, proxy: Proxy, postgres_server: PostgresServer
) -> None:
    """What a lost reply looks like: done, and nobody knows."""
    hold = proxy.hold(answer=True)
    creating = asyncio.create_task(connection.execute("CREATE TABLE answered (a INT)"))

    assert await reached(hold)
    assert await asyncio.to_thread(postgres_server.sql, "SELECT count(*) FROM answered") == "0"
    hold.cut()
    with pytest.raises(asyncpg.ConnectionDoesNotExistError):
        await creating
    await asyncio.to_thread(postgres_server.sql, "DROP TABLE answered")


async def test_a_held_message_of_a_client_that_goes_is_never_delivered(
    url: str, connection: asyncpg.Connection, proxy: Proxy
) -> None:
    """A process that dies takes what it has not sent with it."""
    await connection.execute("CREATE TABLE never (a INT)")
    other = await asyncpg.connect(url)
    hold = proxy.hold()
    inserting = asyncio.create_task(other.execute("INSERT INTO never VALUES (1)"))
    assert await reached(hold)

    other.terminate()
    with pytest.raises((asyncpg.ConnectionDoesNotExistError, asyncpg.InterfaceError)):
        await inserting
    assert await asyncio.to_thread(wait_until, lambda: len(proxy.links) == 1, within=5)
    hold.release()

    assert await connection.fetchval("SELECT count(*) FROM never") == 0
    await connection.execute("DROP TABLE never")


async def test_a_black_hole_is_silent_and_its_connections_are_lost(
    url: str, connection: asyncpg.Connection, proxy: Proxy
) -> None:
    """Neither an answer nor an error, on old and new connections; afterwards the old ones are reset."""
    proxy.enter(Mode.BLACK_HOLE)

    asking = asyncio.create_task(connection.fetchval("SELECT 1"))
    with pytest.raises(TimeoutError):
        await asyncpg.connect(url, timeout=0.3)
    assert not asking.done()
    proxy.calm()
    with pytest.raises(asyncpg.ConnectionDoesNotExistError):
        await asking


@pytest.mark.parametrize("mode", [Mode.RESET, Mode.HALF_CLOSE])
async def test_a_closed_way_is_noticed_at_once(
    url: str, connection: asyncpg.Connection, proxy: Proxy, mode: Mode
) -> None:
    """By the connection that is there and by who comes anew."""
    proxy.enter(mode)

    with pytest.raises((asyncpg.ConnectionDoesNotExistError, asyncpg.InterfaceError, OSError)):
        await connection.fetchval("SELECT 1", timeout=5)
    with pytest.raises(OSError):
        await asyncpg.connect(url, timeout=5)
    proxy.calm()


async def test_an_answer_is_cut_after_so_many_bytes(connection: asyncpg.Connection, proxy: Proxy) -> None:
    """In the middle of a message as well."""
    proxy.cut_after(10)

    with pytest.raises(asyncpg.ConnectionDoesNotExistError):
        await connection.fetchval("SELECT 1")
    proxy.calm()


async def test_a_delay_is_added_to_each_answer(connection: asyncpg.Connection, proxy: Proxy) -> None:
    """A round trip takes at least that much longer."""
    proxy.delay = 0.2
    before = time.monotonic()

    await connection.execute("SELECT 1")

    assert time.monotonic() - before >= 0.2
    proxy.calm()
