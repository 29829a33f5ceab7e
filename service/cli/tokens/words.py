"""A token in words. Every word is readable without its colour."""

from typing import Any, Final

from rich.table import Table
from rich.text import Text

from service.cli.output import facts, printable
from service.cli.times import DAY, posix, relative, when

COLOURS: Final = {"active": "green", "expired": "yellow", "suspended": "magenta", "revoked": "red"}
SOON: Final = 7 * DAY


def state(token: dict[str, Any]) -> Text:
    name = str(token["state"])
    return Text(printable(name), style=COLOURS.get(name, ""))


def scopes(token: dict[str, Any]) -> str:
    return printable(" ".join(token["scopes"]))


def end(token: dict[str, Any], now: int) -> Text:
    """How far away the end is. Of a token that works, one within a week stands out."""
    moment = token["expiration"]
    if moment is None:
        return Text("no expiration")
    soon = token["state"] == "active" and posix(moment) - now < SOON
    return Text(relative(moment, now), style="yellow" if soon else "")


def exact_end(token: dict[str, Any], now: int) -> Text:
    """The same with its time."""
    moment = token["expiration"]
    return end(token, now).append(f", {when(moment)}" if moment else "", style="dim")


def last_used(token: dict[str, Any], now: int) -> str:
    return relative(token["last_used"], now) if token["last_used"] else "-"


def card(token: dict[str, Any], now: int) -> Table:
    """Everything about a token but its value."""
    rows: list[tuple[str, str | Text]] = [
        ("id", token["id"]),
        ("note", token["note"]),
        ("state", state(token)),
        ("scopes", scopes(token)),
        ("ends", exact_end(token, now)),
        ("last used", last_used(token, now)),
    ]
    told = (
        "last_used_ip",
        "last_used_user_agent",
        "last_used_reported_by",
        "recent_ips",
        "used_scopes",
        "audience",
        "reference_hint",
        "allowed_ips",
        "metadata",
        "revoke_reason",
    )
    rows += [(name.replace("_", " "), _say(token[name])) for name in told if token.get(name)]
    times = {"created_at": "created", "not_before": "starts", "revoked_at": "revoked"}
    rows += [(word, when(token[name])) for name, word in times.items() if token.get(name)]
    return facts(rows)


def _say(value: Any) -> str:
    if isinstance(value, list):
        return " ".join(map(str, value))
    if isinstance(value, dict):
        return ", ".join(f"{name}={each}" for name, each in value.items())
    return str(value)
