"""What the commands say, as tables in colours: with the extra `cli`, and where a terminal reads."""

import sys
from typing import Final

from rich.console import Console
from rich.table import Table
from rich.text import Text

from safeconduct import tables

_STYLES: Final = {True: "green", False: "bold red", None: "dim"}


def show(told: tables.Told) -> None:
    """Write it to standard output, plain where that is a file or another program."""
    if not sys.stdout.isatty():
        tables.show(told)
        return
    console = Console(highlight=False, markup=False)
    console.print(told.heading(), style="bold")
    for rows in told.tables():
        table = Table(show_header=False)
        for row in rows:
            table.add_row(Text(row.name), Text(row.mark, _STYLES[row.right]), Text(row.words))
        console.print(table)
    if told.closing():
        console.print(told.closing())
