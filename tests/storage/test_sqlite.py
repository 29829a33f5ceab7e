import contextlib
import os
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from service.domain.errors import StorageUnavailable
from service.storage import DatabaseInUse, open_storage
from tests.conformance.world import World, a_user
from tests.servers.leash import ROOT

HOLDER = """
import asyncio, sys
from service.storage import open_storage

async def hold():
    storage = await open_storage(sys.argv[1])
    await storage.migrate()
    print("open", flush=True)
    await asyncio.Event().wait()

asyncio.run(hold())
"""


async def open_and_close(url: str) -> None:
    storage = await open_storage(url)
    await storage.close()


@contextlib.contextmanager
def holding(url: str) -> Iterator[None]:
    """Another process has the database open; at the end it is killed."""
    command = [sys.executable, "-c", HOLDER, url]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout.readline() == "open\n"
            yield
        finally:
            process.kill()


async def test_a_second_process_is_refused_and_may_come_when_the_first_has_died(tmp_path: Path) -> None:
    """SQLite serves one process (R69); no lock outlives it, not even by SIGKILL."""
    url = f"sqlite:///{tmp_path}/x.db"
    with holding(url), pytest.raises(DatabaseInUse, match="in use by another process"):
        await open_and_close(url)

    storage = await open_storage(url)
    assert await storage.schema_is_current()
    await storage.close()


async def test_a_storage_that_was_closed_may_be_opened_again(tmp_path: Path) -> None:
    """Closing lets go of the file; opening twice in one process is refused like a second process."""
    url = f"sqlite:///{tmp_path}/x.db"
    first = await open_storage(url)
    with pytest.raises(DatabaseInUse):
        await open_storage(url)
    await first.close()

    second = await open_storage(url)
    await second.close()


async def test_the_files_belong_to_their_owner_alone(tmp_path: Path) -> None:
    """Sealed keys and metadata of every token are nobody else's to read, whatever the umask."""
    path = tmp_path / "new" / "x.db"
    before = os.umask(0)
    try:
        storage = await open_storage(f"sqlite:///{path}")
        await storage.migrate()
        async with storage.transaction() as tx:
            await tx.users.add(a_user())
        modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()}
        await storage.close()
    finally:
        os.umask(before)

    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert modes == dict.fromkeys(("x.db", "x.db-wal", "x.db-shm", "x.db.lock"), 0o600)


async def test_every_commit_is_on_the_disk(tmp_path: Path) -> None:
    """WAL with synchronous=FULL, foreign keys on, on each connection: the defaults are none of these."""
    storage = await open_storage(f"sqlite:///{tmp_path}/x.db")
    pragmas = ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
    try:
        for lease in (storage._engine.writer, storage._engine.reader, storage._engine.truth):
            async with lease() as connection:
                rows = [await connection.raw.execute_fetchall(f"PRAGMA {name}") for name in pragmas]
            assert [row[0][0] for row in rows] == ["wal", 2, 1, 1_000]
    finally:
        await storage.close()


async def test_a_relative_path_begins_at_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Three slashes and a name; the fourth slash makes it absolute."""
    monkeypatch.chdir(tmp_path)

    storage = await open_storage("sqlite:///data/x.db")
    await storage.close()

    assert (tmp_path / "data" / "x.db").exists()


@pytest.mark.parametrize("url", ["mysql://x", "sqlite:x.db", "/x.db", ""])
async def test_an_unknown_kind_of_url_is_refused(url: str) -> None:
    """A misspelt setting does not end in a database somewhere."""
    with pytest.raises(ValueError, match="sqlite:///"):
        await open_storage(url)


async def test_a_file_that_is_no_database_is_unavailable(tmp_path: Path) -> None:
    """And it is left alone."""
    path = tmp_path / "x.db"
    path.write_text("these are my notes" * 100)

    with pytest.raises(StorageUnavailable):
        await open_storage(f"sqlite:///{path}")

    assert path.read_text().startswith("these are my notes")


async def test_a_path_that_cannot_be_opened_is_unavailable(tmp_path: Path) -> None:
    """A folder where the file should be, or a file where its folder should be."""
    (tmp_path / "file").write_text("")
    (tmp_path / "folder").mkdir()

    for path in (tmp_path / "folder", tmp_path / "file" / "x.db"):
        with pytest.raises(StorageUnavailable, match="cannot open"):
            await open_storage(f"sqlite:///{path}")


async def test_a_full_disk_is_unavailable_and_loses_nothing(tmp_path: Path) -> None:
    """What was committed stays, nothing half is added, and room brings it back to life."""
    storage = await open_storage(f"sqlite:///{tmp_path}/x.db")
    try:
        await storage.migrate()
        world = await World(storage).settle()
        _, value = await world.issue()
        async with storage._engine.writer() as connection:
            [[pages]] = await connection.raw.execute_fetchall("PRAGMA page_count")
            await connection.raw.execute_fetchall(f"PRAGMA max_page_count = {pages}")

        with pytest.raises(StorageUnavailable, match="full"):
            await world.issue_batch(500)

        assert await world.reasons([value]) == [None]
        async with storage._engine.writer() as connection:
            await connection.raw.execute_fetchall("PRAGMA max_page_count = 1000000")
        assert len(await world.issue_batch(500)) == 500
    finally:
        await storage.close()


async def test_a_long_listing_does_not_age_the_truth(tmp_path: Path) -> None:
    """A snapshot held open on the reader pins only the reader: the truth has a connection of its own (threats 1)."""
    storage = await open_storage(f"sqlite:///{tmp_path}/x.db")
    try:
        await storage.migrate()
        world = await World(storage).settle()
        token, value = await world.issue()
        async with storage.snapshot() as snapshot:
            await snapshot.tokens.get(token.id)
            await world.revoke(token.id)
            assert await world.reasons([value]) == ["revoked"]
            assert (await snapshot.tokens.get(token.id)).revoked_at is None
    finally:
        await storage.close()


async def test_another_programs_lock_is_waited_for_and_then_unavailable(tmp_path: Path) -> None:
    """A backup by hand that holds the file for long refuses a change; it does not hang it."""
    storage = await open_storage(f"sqlite:///{tmp_path}/x.db")
    foreign = sqlite3.connect(tmp_path / "x.db", isolation_level=None)
    try:
        await storage.migrate()
        foreign.execute("BEGIN IMMEDIATE")

        with pytest.raises(StorageUnavailable, match="locked"):
            async with storage.transaction():
                pass

        foreign.execute("ROLLBACK")
        async with storage.transaction() as tx:
            await tx.users.add(a_user())
    finally:
        foreign.close()
        await storage.close()
