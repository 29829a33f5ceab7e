"""A token in words: for tables and cards. Every word is readable without its colour."""

from typing import Any, Final

from rich.text import Text

from service.cli.output import printable
from service.cli.times import DAY, posix, relative, when

COLOURS: Final = {"active": "green", "expired": "yellow", "suspended": "magenta", "revoked": "red"}
SOON: Final = 7 * DAY


def state(token: dict[str, Any]) -> Text:
    name = str(token["state"])
    return Text(printable(name), style=COLOURS.get(name, ""))


def scopes(token: dict[str, Any]) -> str:
    return printable(" ".join(token["scopes"]))


def ends(token: dict[str, Any], now: int, *, between: str = ", ") -> Text:
    """The end, relative and exact; one within a week stands out."""
    moment = token["expiration"]
    if moment is None:
        return Text("no expiration")
    soon = 0 < posix(moment) - now < SOON
    return Text(relative(moment, now) + between, style="yellow" if soon else "").append(
        when(moment), style="dim"
    )


def last_used(token: dict[str, Any], now: int) -> str:
    return relative(token["last_used"], now) if token["last_used"] else "-"
