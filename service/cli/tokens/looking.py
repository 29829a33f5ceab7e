"""`safeconduct tokens list` and `show`."""

from argparse import Namespace
from collections import Counter
from itertools import islice
from typing import Any

from rich.table import Table
from rich.text import Text

from service.cli.commands import Commands, add_command
from service.cli.output import Output, facts, output_of, printable, table
from service.cli.signed_in import SignedIn
from service.cli.times import when
from service.cli.tokens.ids import STATES, TOKENS, one_token, short
from service.cli.tokens.options import add_id
from service.cli.tokens.words import ends, last_used, scopes, state
from service.clock import system_clock

ORDERS = {"created": "-created", "expires": "expires", "last_used": "-last_used"}
"""Each order as people want it first: the newest, the next to end, the latest used."""

WIDE = 130
"""Columns from which a table has room for whole ids."""


def add_list(group: Commands) -> None:
    parser = add_command(
        group,
        "list",
        run_list,
        help="list your tokens, the newest first",
        more="Revoked ones are left out unless --state asks for them.",
        examples=[
            "safeconduct tokens list --state active --sort expires",
            "safeconduct tokens list --all --json",
        ],
    )
    parser.add_argument("--state", action="append", choices=STATES, help="only these; again for several")
    parser.add_argument("--search", metavar="TEXT", help="only those whose note contains it")
    parser.add_argument("--scope", metavar="S", help="only those with this scope")
    parser.add_argument(
        "--sort", choices=ORDERS, default="created", help="(default: %(default)s, the newest first)"
    )
    parser.add_argument("--reverse", action="store_true", help="the other way round")
    parser.add_argument("--all", action="store_true", help="every page, not the first thousand alone")


def add_show(group: Commands) -> None:
    parser = add_command(
        group, "show", run_show, help="show one token", examples=["safeconduct tokens show 3f2a9c1d"]
    )
    add_id(parser)


def run_list(arguments: Namespace) -> int:
    output, service = output_of(arguments), SignedIn(arguments)
    sort = ORDERS[arguments.sort]
    asked = {name: getattr(arguments, name) for name in ("state", "search", "scope")}
    asked["sort"] = (
        sort if not arguments.reverse else sort.removeprefix("-") if sort[0] == "-" else f"-{sort}"
    )
    pages = service.pages(TOKENS, {name: value for name, value in asked.items() if value})
    tokens = [token for page in (pages if arguments.all else islice(pages, 1)) for token in page]
    if output.as_json:
        output.json(tokens)
    else:
        _show_table(output, tokens)
    return 0


def run_show(arguments: Namespace) -> int:
    output, service = output_of(arguments), SignedIn(arguments)
    token = service.ask("GET", f"{TOKENS}/{one_token(service, arguments.id)}").body
    if output.as_json:
        output.json(token)
    else:
        output.answers.print(card(token))
    return 0


def _show_table(output: Output, tokens: list[dict[str, Any]]) -> None:
    now, whole = system_clock(), output.answers.width >= WIDE
    rows = table("ID", "NOTE", "SCOPES", "ENDS", "LAST USED", "STATE")
    for column, width in zip(rows.columns, (8, 12, 12, None, None, None), strict=True):
        column.min_width, column.no_wrap = width, width is None or width == 8
    for token in tokens:
        rows.add_row(
            str(token["id"]) if whole else short(token),
            printable(token["note"]),
            scopes(token),
            ends(token, now, between="\n"),
            last_used(token, now),
            state(token),
        )
    if tokens:
        output.answers.print(rows)
    output.say(_summary(tokens))


def _summary(tokens: list[dict[str, Any]]) -> str:
    counts = Counter(str(token["state"]) for token in tokens)
    if not counts:
        return "No tokens."
    return f"{len(tokens)} tokens: " + ", ".join(f"{counts[name]} {name}" for name in STATES if counts[name])


def card(token: dict[str, Any]) -> Table:
    """Everything about a token but its value."""
    now = system_clock()
    rows: list[tuple[str, str | Text]] = [
        ("id", token["id"]),
        ("note", token["note"]),
        ("state", state(token)),
        ("scopes", scopes(token)),
        ("ends", ends(token, now)),
        ("last used", last_used(token, now)),
    ]
    told = ("last_used_ip", "last_used_user_agent", "audience", "allowed_ips", "metadata", "revoke_reason")
    rows += [(name.replace("_", " "), _say(token[name])) for name in told if token.get(name)]
    times = ("created_at", "not_before", "revoked_at")
    rows += [
        (name.removesuffix("_at").replace("_", " "), when(token[name])) for name in times if token.get(name)
    ]
    return facts(rows)


def _say(value: Any) -> str:
    if isinstance(value, list):
        return " ".join(map(str, value))
    if isinstance(value, dict):
        return ", ".join(f"{name}={each}" for name, each in value.items())
    return str(value)
