"""Bring a database to the schema of this version, step by step, each all or nothing."""

import hashlib
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Self

from service.clock import Clock
from service.domain.errors import Unknown
from service.storage.connection import Connection
from service.storage.engine import Engine
from service.storage.uninterrupted import uninterrupted
from sql import MIGRATIONS

SCRIPT = 0
"""The version under which the engine's own script is recorded; migrations count from 1."""


class SchemaUnknown(Unknown):
    """The database was made by a newer version, or by a migration that has been changed since."""

    code: ClassVar[str] = "schema_unknown"


@dataclass(frozen=True, slots=True)
class Migration:
    """A file of statements; `0001_initial.sql` is version 1."""

    version: int
    name: str
    text: str

    @classmethod
    def read(cls, path: Path, version: int | None = None) -> Self:
        return cls(int(path.name[:4]) if version is None else version, path.name, path.read_text("utf-8"))

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.text.encode()).hexdigest()

    def statements(self) -> Iterator[str]:
        """One after the other, as a statement ends at the end of a line."""
        statement = ""
        for line in self.text.splitlines(keepends=True):
            statement += line
            if sqlite3.complete_statement(statement):
                yield statement
                statement = ""


def known_migrations(folder: Path = MIGRATIONS) -> list[Migration]:
    return [Migration.read(path) for path in sorted(folder.glob("[0-9][0-9][0-9][0-9]_*.sql"))]


async def migrate(engine: Engine, clock: Clock, folder: Path = MIGRATIONS) -> list[str]:
    """Apply what is missing and tell the names. Who comes second waits, then finds nothing to do.

    A process that dies in between leaves whole migrations only; the next one goes on from there.

    Raises:
        SchemaUnknown: the database is ahead of `folder`, or a migration is not the one that was applied.
    """
    known = known_migrations(folder)
    script = Migration.read(engine.script, SCRIPT)
    names: list[str] = []
    async with engine.migrator() as connection:
        while (step := await _next_step(connection, known, script, clock)) is not None:
            names.append(step.name)
    return names


async def is_current(connection: Connection, folder: Path = MIGRATIONS) -> bool:
    """Whether exactly the migrations of `folder` have been applied, unchanged."""
    if await connection.one("migration_table") is None:
        return False
    try:
        return not _missing(await _applied(connection), known_migrations(folder))
    except SchemaUnknown:
        return False


async def _next_step(
    connection: Connection, known: list[Migration], script: Migration, clock: Clock
) -> Migration | None:
    await connection.run("begin_migration")
    await connection.run("create_schema_migration")
    applied = await _applied(connection)
    step = next(iter(_missing(applied, known)), None)
    if step is None and applied.get(SCRIPT) != (script.name, script.sha256):
        step = script
    if step is not None:
        for statement in step.statements():
            await connection.execute(statement)
        await connection.one(
            "record_migration", version=step.version, name=step.name, sha256=step.sha256, applied_at=clock()
        )
    await uninterrupted(connection.commit())
    return step


async def _applied(connection: Connection) -> dict[int, tuple[str, str]]:
    return {
        row["version"]: (row["name"], row["sha256"]) for row in await connection.all("applied_migrations")
    }


def _missing(applied: dict[int, tuple[str, str]], known: list[Migration]) -> list[Migration]:
    versions = {migration.version: migration for migration in known}
    for version, (name, sha256) in applied.items():
        if version == SCRIPT:
            continue
        if version not in versions:
            raise SchemaUnknown(
                f"the database has migration {name}, which this version does not know: run a newer one"
            )
        if versions[version].sha256 != sha256:
            raise SchemaUnknown(f"migration {name} is not the one that was applied to this database")
    return [migration for migration in known if migration.version not in applied]
