"""One database connection and its named statements, alike for both engines."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

from service.domain.errors import OutcomeUnknown, StorageUnavailable

CHUNK = 1_000
"""Rows written by one call of the driver, so that no call comes near the statement time limit."""

Translate = Callable[[Exception], StorageUnavailable | None]
"""What a driver's exception means; None for a fault of our own."""


class Row(Protocol):
    """A row of either driver: its columns by name."""

    def __getitem__(self, column: str, /) -> Any: ...


class Connection:
    """A driver's connection with the statements of `sql/`, by name.

    Every method raises StorageUnavailable when the database cannot be reached, is too slow or takes no
    writes, and ValueError for text that is not storable.
    """

    def __init__(self, raw: Any, statements: Mapping[str, Any], translate: Translate) -> None:
        self.raw = raw
        self._statements = statements
        self._translate = translate

    async def one(self, name: str, /, **parameters: Any) -> Row | None:
        """The row of a `^` statement. For one that writes, None means that nothing was changed."""
        _check(parameters)
        with self._translated():
            row: Row | None = await self._statements[name](self.raw, **parameters)
        return row

    async def only(self, name: str, /, **parameters: Any) -> Row:
        """The row of a `^` statement that always has one."""
        row = await self.one(name, **parameters)
        if row is None:
            raise StorageUnavailable(f"the database is damaged: no row for {name} {parameters}")
        return row

    async def all(self, name: str, /, **parameters: Any) -> list[Row]:
        """Every row of a statement, read to the end."""
        _check(parameters)
        with self._translated():
            return [row async for row in self._statements[name](self.raw, **parameters)]

    async def many(self, name: str, /, rows: Sequence[Mapping[str, Any]]) -> None:
        """Run a `*!` statement for each row, in order."""
        for row in rows:
            _check(row)
        for start in range(0, len(rows), CHUNK):
            with self._translated():
                await self._statements[name](self.raw, rows[start : start + CHUNK])

    async def run(self, name: str, /) -> Any:
        """Run a `!` or `#` statement, which takes nothing; answers what the driver says of it."""
        with self._translated():
            return await self._statements[name](self.raw)

    async def execute(self, statement: str) -> None:
        """Run one statement of a migration."""
        with self._translated():
            await self.raw.execute(statement)

    async def commit(self) -> None:
        """Raises OutcomeUnknown when no clear answer came back."""
        try:
            await self.run("commit")
        except StorageUnavailable as fault:
            raise OutcomeUnknown("the commit was sent and its answer was lost") from fault

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except Exception as fault:
            if (meaning := self._translate(fault)) is None:
                raise
            raise meaning from fault


def storable(text: str) -> bool:
    """Whether every engine can store it: no NUL (PostgreSQL), no lone surrogate (neither)."""
    if text.isascii():
        return "\0" not in text
    try:
        return b"\0" not in text.encode()
    except UnicodeEncodeError:
        return False


def _check(parameters: Mapping[str, Any]) -> None:
    if storable("".join([value for value in parameters.values() if isinstance(value, str)])):
        return
    for name, value in parameters.items():
        if isinstance(value, str) and not storable(value):
            raise ValueError(f"{name}: text that cannot be stored")
