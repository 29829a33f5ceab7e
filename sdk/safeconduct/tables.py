"""What the commands say, to people, in lines of plain text."""

import sys
from collections.abc import Sequence
from typing import NamedTuple, Protocol


class Row(NamedTuple):
    """`right` is None where it is neither right nor wrong."""

    name: str
    mark: str
    words: str
    right: bool | None = None


class Told(Protocol):
    """A result: a sentence, its tables, and another sentence or none."""

    def heading(self) -> str: ...

    def tables(self) -> Sequence[Sequence[Row]]: ...

    def closing(self) -> str: ...


def show(told: Told) -> None:
    """Write it to standard output."""
    sys.stdout.write(f"{plain(told)}\n")


def plain(told: Told) -> str:
    """In lines of text."""
    tables = [
        "\n".join(f"  {row.name:<22} {row.mark:<6} {row.words}" for row in table) for table in told.tables()
    ]
    return "\n\n".join(part for part in (told.heading(), *tables, told.closing()) if part)
