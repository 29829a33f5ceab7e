"""`safeconduct tokens list` and `show`."""

from argparse import Namespace
from collections import Counter
from typing import Any

from rich.text import Text

from service.cli.commands import Commands, add_command
from service.cli.output import Output, output_of, plural, printable, table
from service.cli.signed_in import SignedIn
from service.cli.times import minute
from service.cli.tokens.ids import STATES, TOKENS, one_token, short
from service.cli.tokens.options import add_id
from service.cli.tokens.words import card, end, exact_end, last_used, scopes, state
from service.clock import system_clock

ORDERS = {
    "created": ("-created", "created"),
    "expires": ("expires", "-expires"),
    "last_used": ("-last_used", "last_used"),
}
"""Each order as people want it first (the newest, the next to end, the latest used), and reversed."""

WIDE = 160
"""Columns from which a token has room on one line, with its whole id."""


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
    parser.add_argument("--limit", metavar="N", type=int, help="at most so many in a page (default: 1000)")
    parser.add_argument("--all", action="store_true", help="every page, not the first alone")


def add_show(group: Commands) -> None:
    parser = add_command(
        group, "show", run_show, help="show one token", examples=["safeconduct tokens show 3f2a9c1d"]
    )
    add_id(parser)


def run_list(arguments: Namespace) -> int:
    output, service = output_of(arguments), SignedIn(arguments)
    asked = {name: getattr(arguments, name) for name in ("state", "search", "scope", "limit")}
    asked["sort"] = ORDERS[arguments.sort][arguments.reverse]
    query = {name: value for name, value in asked.items() if value is not None}
    found = service.listing(TOKENS, query, whole=arguments.all)
    if output.as_json:
        output.json(found.items)
    else:
        _show_table(output, found.items)
    if found.more:
        output.say("There are more: --all lists them.")
    return 0


def run_show(arguments: Namespace) -> int:
    output, service = output_of(arguments), SignedIn(arguments)
    token = service.ask("GET", f"{TOKENS}/{one_token(service, arguments.id)}").body
    if output.as_json:
        output.json(token)
    else:
        output.answers.print(card(token, system_clock()))
    return 0


def _show_table(output: Output, tokens: list[dict[str, Any]]) -> None:
    now = system_clock()
    if output.answers.width < WIDE:
        rows = table("ID", "NOTE, SCOPES", "ENDS (UTC)", "LAST USED", "STATE", yields={1})
        for token in tokens:
            what = Text(printable(token["note"])).append(f"\n{scopes(token)}", style="dim")
            until = end(token, now)
            if token["expiration"]:
                until.append(f"\n{minute(token['expiration'])}", style="dim")
            rows.add_row(short(token), what, until, last_used(token, now), state(token))
    else:
        rows = table("ID", "NOTE", "ENDS", "LAST USED", "STATE", "SCOPES", yields={1, 5})
        for token in tokens:
            until = exact_end(token, now)
            note = printable(token["note"])
            rows.add_row(str(token["id"]), note, until, last_used(token, now), state(token), scopes(token))
    if tokens:
        output.answers.print(rows)
    output.say(_summary(tokens))


def _summary(tokens: list[dict[str, Any]]) -> str:
    counts = Counter(str(token["state"]) for token in tokens)
    if not counts:
        return "No tokens."
    return f"{plural(len(tokens), 'token')}: " + ", ".join(
        f"{counts[name]} {name}" for name in STATES if counts[name]
    )
