"""What a command prints: answers on standard output, everything else on standard error."""

import json
import os
import sys
import unicodedata
from argparse import Namespace
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

UNSEEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
JOINERS = "\u200c\u200d"
WIDTH_OF_A_PIPE = 4_000
"""Columns: whoever reads a pipe gets each row on its own line, whole."""


@dataclass(frozen=True, slots=True)
class Output:
    """`as_json`: the API's answer instead of words and tables."""

    as_json: bool
    answers: Console
    remarks: Console

    @property
    def to_terminal(self) -> bool:
        return sys.stdout.isatty()

    def json(self, value: Any) -> None:
        """ASCII alone, so that it is the same in every locale and nothing in it acts on a terminal."""
        self.answers.file.write(json.dumps(value, indent=2) + "\n")

    def value(self, text: str) -> None:
        """Alone on its line and never wrapped, so that it is copied and read back whole."""
        self.answers.file.write(text + "\n")

    def say(self, text: str | Text) -> None:
        """A remark, on standard error."""
        self.remarks.print(text, markup=False, soft_wrap=True)


def output_of(arguments: Namespace) -> Output:
    """As the options ask. Colour is for terminals that know it, unless --no-color or NO_COLOR says no."""
    plain = getattr(arguments, "no_color", False) or bool(os.environ.get("NO_COLOR"))
    return Output(
        getattr(arguments, "json", False),
        _console(plain=plain, width=None if sys.stdout.isatty() else _pipe_width()),
        _console(plain=plain, width=None, stderr=True),
    )


def printable(text: object) -> str:
    """`text` with everything that could act on a terminal, or turn its order round, spelled out."""
    return "".join(
        f"\\u{ord(character):04x}"
        if unicodedata.category(character) in UNSEEN and character not in JOINERS
        else character
        for character in str(text)
    )


def plural(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def table(*columns: str, yields: Collection[int]) -> Table:
    """Columns that keep their width, but for those at `yields`, which fold where there is no room."""
    rows = Table(*columns, box=None, header_style="bold", padding=(0, 2, 0, 0), pad_edge=False)
    for position, column in enumerate(rows.columns):
        column.no_wrap, column.overflow = position not in yields, "fold"
    return rows


def facts(rows: Iterable[tuple[str, str | Text]]) -> Table:
    """Names and what they are, one a line."""
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column(overflow="fold")
    for name, value in rows:
        grid.add_row(name, value if isinstance(value, Text) else Text(printable(value)))
    return grid


def _console(*, plain: bool, width: int | None, stderr: bool = False) -> Console:
    return Console(
        stderr=stderr,
        color_system=None if plain else "auto",
        width=width,
        highlight=False,
        markup=False,
        emoji=False,
    )


def _pipe_width() -> int | None:
    return None if "COLUMNS" in os.environ else WIDTH_OF_A_PIPE
