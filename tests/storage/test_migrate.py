import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from service.storage import SchemaUnknown, open_storage
from service.storage.migrate import is_current, known_migrations, migrate
from service.storage.sqlite import SQLite
from sql import MIGRATIONS
from tests.servers.leash import ROOT
from tests.servers.postgresql import PostgresServer

NOW = 1_800_000_000


def now() -> int:
    return NOW


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Migrations that a test may add to and tamper with."""
    made = tmp_path / "migrations"
    made.mkdir()
    (made / "0001_initial.sql").write_text("CREATE TABLE first (a TEXT);  -- semicolon; in a comment\n")
    return made


@pytest.fixture
async def engine(tmp_path: Path) -> Any:
    opened = await SQLite.open(tmp_path / "x.db", now)
    opened.script = tmp_path / "script.sql"
    opened.script.write_text("")
    yield opened
    await opened.close()


async def tables(engine: SQLite) -> set[str]:
    async with engine.reader() as connection:
        rows = await connection.raw.execute_fetchall("SELECT name FROM sqlite_master WHERE type = 'table'")
    return {row["name"] for row in rows} - {"schema_migration"}


SCHEMAS = 600
"""More than migrations have statements: each run has one of its own."""


def dying_runs(template: str, *, stride: int) -> list[dict[str, Any]]:
    run = subprocess.run(
        [sys.executable, "-m", "tests.storage.migrating", template, str(stride)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert run.returncode == 0, run.stderr
    return [json.loads(line) for line in run.stdout.splitlines()]


def assert_all_alike(runs: list[dict[str, Any]], *, at_least: int) -> None:
    *died, whole = runs
    assert len(died) >= at_least
    assert whole["died_at"] is None
    assert [run["died_at"] for run in died if run["schema"] != whole["schema"]] == []


def test_sqlite_survives_a_kill_between_statements(tmp_path: Path) -> None:
    """Every fifth gap; the nightly run takes them all."""
    assert_all_alike(dying_runs(f"sqlite:///{tmp_path}/{{}}.db", stride=5), at_least=35)


@pytest.mark.nightly
def test_sqlite_survives_a_kill_between_any_two_statements(tmp_path: Path) -> None:
    """Whatever a dead process left, the next one reaches the same schema (R67)."""
    assert_all_alike(dying_runs(f"sqlite:///{tmp_path}/{{}}.db", stride=1), at_least=200)


def postgres_template(server: PostgresServer, schemas: int) -> Iterator[str]:
    name = server.create_database()
    server.sql("".join(f"CREATE SCHEMA run_{n};" for n in range(schemas)), database=name)
    yield f"{server.url(name)}?search_path=run_{{}}"
    server.drop_database(name)


@pytest.fixture
def schema_per_run(postgres_server: PostgresServer) -> Iterator[str]:
    yield from postgres_template(postgres_server, SCHEMAS)


def test_postgresql_survives_a_kill_between_statements(schema_per_run: str) -> None:
    """Every eleventh gap; the nightly run takes them all."""
    assert_all_alike(dying_runs(schema_per_run, stride=11), at_least=18)


@pytest.mark.nightly
def test_postgresql_survives_a_kill_between_any_two_statements(schema_per_run: str) -> None:
    """Whatever a dead process left, the next one reaches the same schema (R67)."""
    assert_all_alike(dying_runs(schema_per_run, stride=1), at_least=200)


def test_of_replicas_that_start_together_each_migration_is_applied_by_one(postgres_url: str) -> None:
    """The others wait, and then go on with what is left."""
    program = (
        "import asyncio, json, sys\n"
        "from tests.storage.migrating import migrate\n"
        "print(json.dumps(asyncio.run(migrate(sys.argv[1]))))\n"
    )
    runs = [
        subprocess.Popen(
            [sys.executable, "-c", program, postgres_url], cwd=ROOT, stdout=subprocess.PIPE, text=True
        )
        for _ in range(4)
    ]

    applied = [json.loads(run.communicate(timeout=60)[0]) for run in runs]

    everything = [*(migration.name for migration in known_migrations()), "postgresql.sql"]
    assert sorted(name for names in applied for name in names) == everything


async def test_migrating_again_finds_nothing_to_do(engine: SQLite, folder: Path) -> None:
    """Every start asks; only the first one changes anything."""
    assert await migrate(engine, now, folder) == ["0001_initial.sql", "script.sql"]
    assert await migrate(engine, now, folder) == []


async def test_only_what_is_missing_is_applied_in_order(engine: SQLite, folder: Path) -> None:
    """A newer version adds its steps to what is there."""
    await migrate(engine, now, folder)
    (folder / "0003_third.sql").write_text("ALTER TABLE second ADD COLUMN c TEXT;\n")
    (folder / "0002_second.sql").write_text("CREATE TABLE second (b TEXT);\n")

    assert await migrate(engine, now, folder) == ["0002_second.sql", "0003_third.sql"]
    assert await tables(engine) == {"first", "second"}


async def test_a_step_that_fails_leaves_nothing_of_itself(engine: SQLite, folder: Path) -> None:
    """Its statements before the fault are taken back, the steps before it stay."""
    (folder / "0002_faulty.sql").write_text(
        "CREATE TABLE second (b TEXT);\nINSERT INTO nowhere VALUES (1);\n"
    )

    with pytest.raises(Exception, match="nowhere"):
        await migrate(engine, now, folder)

    assert await tables(engine) == {"first"}
    (folder / "0002_faulty.sql").write_text("CREATE TABLE second (b TEXT);\n")
    assert await migrate(engine, now, folder) == ["0002_faulty.sql", "script.sql"]


async def test_a_migration_changed_after_it_was_applied_is_refused(engine: SQLite, folder: Path) -> None:
    """The database is not what the file says; nobody guesses what to repair."""
    await migrate(engine, now, folder)
    (folder / "0001_initial.sql").write_text("CREATE TABLE first (a TEXT, b TEXT);\n")
    (folder / "0002_second.sql").write_text("CREATE TABLE second (b TEXT);\n")

    with pytest.raises(SchemaUnknown, match=r"0001_initial\.sql"):
        await migrate(engine, now, folder)

    assert await tables(engine) == {"first"}
    async with engine.reader() as connection:
        assert not await is_current(connection, folder)


async def test_a_database_of_a_newer_version_is_refused(engine: SQLite, folder: Path) -> None:
    """A process never writes into a schema that it does not know (R68)."""
    (folder / "0002_newer.sql").write_text("CREATE TABLE second (b TEXT);\n")
    await migrate(engine, now, folder)
    (folder / "0002_newer.sql").unlink()

    with pytest.raises(SchemaUnknown, match=r"0002_newer\.sql"):
        await migrate(engine, now, folder)
    async with engine.reader() as connection:
        assert not await is_current(connection, folder)


async def test_the_engines_script_is_run_again_when_it_changes(engine: SQLite, folder: Path) -> None:
    """What only one engine can say follows the version, and costs a start nothing while it stays the same."""
    engine.script.write_text("CREATE TABLE IF NOT EXISTS scripted (a TEXT);\n")
    await migrate(engine, now, folder)
    engine.script.write_text("CREATE TABLE IF NOT EXISTS again (a TEXT);\n")

    assert await migrate(engine, now, folder) == ["script.sql"]
    assert await tables(engine) == {"first", "scripted", "again"}


async def test_a_database_without_the_schema_is_not_current(tmp_path: Path) -> None:
    """Readiness asks before the first migration as well, and after it."""
    storage = await open_storage(f"sqlite:///{tmp_path}/x.db")
    try:
        before = await storage.schema_is_current()
        await storage.migrate()
        assert (before, await storage.schema_is_current()) == (False, True)
    finally:
        await storage.close()


def test_migrations_are_numbered_without_gap() -> None:
    """Two developers who take one number would each leave databases the other refuses."""
    known = known_migrations()

    assert [migration.version for migration in known] == list(range(1, len(known) + 1))
    assert len(known) == len(list(MIGRATIONS.glob("*.sql")))


async def test_migrators_of_one_process_take_turns(tmp_path: Path) -> None:
    """Two tasks that start at once apply each step once."""
    storage = await open_storage(f"sqlite:///{tmp_path}/x.db")
    try:
        applied = await asyncio.gather(storage.migrate(), storage.migrate())
    finally:
        await storage.close()

    assert sorted(map(len, applied)) == [0, len(known_migrations()) + 1]
