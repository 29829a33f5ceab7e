"""Migrates a database in processes that die at each step in turn. A program: `python -m tests.storage.migrating`.

Arguments: a URL in which `{}` is the number of the run, and the stride between the steps to die at.
Prints a line of JSON per run: the step it died at (null: none) and a description of the schema that the next
process left behind.
"""

import asyncio
import itertools
import json
import os
import signal
import sys
from collections.abc import Callable, Coroutine
from typing import Any

from service.storage import open_storage
from service.storage.connection import Connection
from tests.conformance.direct import direct_rows

DESCRIPTIONS = {
    "sqlite": ["SELECT type, name, sql FROM sqlite_master ORDER BY type, name"],
    "postgresql": [
        """SELECT table_name, column_name, data_type, is_nullable FROM information_schema.columns
           WHERE table_schema = current_schema() ORDER BY 1, 2""",
        """SELECT replace(indexdef, current_schema(), '') FROM pg_indexes
           WHERE schemaname = current_schema() ORDER BY 1""",
        """SELECT tgname, tgenabled::text FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
           WHERE c.relnamespace = current_schema()::regnamespace AND NOT tgisinternal ORDER BY 1""",
        """SELECT proname, prosrc FROM pg_proc
           WHERE pronamespace = current_schema()::regnamespace ORDER BY 1""",
    ],
}
EITHER = [
    "SELECT version, name, sha256 FROM schema_migration ORDER BY version",
    "SELECT name, value FROM head ORDER BY name",
]


def count_steps(reached: Callable[[], None]) -> None:
    """Have `reached` called before every statement that a connection runs."""
    for name in ("one", "all", "run", "execute"):
        setattr(Connection, name, _counted(getattr(Connection, name), reached))


def _counted(
    method: Callable[..., Coroutine[Any, Any, Any]], reached: Callable[[], None]
) -> Callable[..., Coroutine[Any, Any, Any]]:
    async def counted(*args: Any, **kwargs: Any) -> Any:
        reached()
        return await method(*args, **kwargs)

    return counted


async def migrate(url: str) -> list[str]:
    storage = await open_storage(url)
    try:
        return await storage.migrate()
    finally:
        await storage.close()


async def migrate_dying_at(step: int, url: str) -> None:
    numbers = itertools.count()

    def reached() -> None:
        if next(numbers) == step:
            os.kill(os.getpid(), signal.SIGKILL)

    storage = await open_storage(url)
    count_steps(reached)
    await storage.migrate()


async def describe(url: str) -> list[Any]:
    storage = await open_storage(url)
    try:
        statements = DESCRIPTIONS[url.partition(":")[0]] + EITHER
        return [await direct_rows(storage, statement) for statement in statements]
    finally:
        await storage.close()


def in_child(work: Callable[[], Coroutine[Any, Any, Any]]) -> tuple[int, str]:
    """Run it in a process of its own: how that ended, and what it answered."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        answer = json.dumps(asyncio.run(work()), default=str)
        os.write(writing, answer.encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        answer = pipe.read()
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), answer


def main(template: str, stride: int) -> None:
    for step in itertools.count(step=stride):
        url = template.format(step)
        ended, _ = in_child(lambda: migrate_dying_at(step, url))  # noqa: B023 - called at once
        in_child(lambda: migrate(url))  # noqa: B023
        _, schema = in_child(lambda: describe(url))  # noqa: B023
        died = ended == -signal.SIGKILL
        report = {"died_at": step if died else None, "schema": json.loads(schema)}
        sys.stdout.write(json.dumps(report) + "\n")
        if not died:
            break


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
