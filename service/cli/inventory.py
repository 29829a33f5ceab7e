"""`safeconduct inventory`: everybody's tokens, for administrators and auditors. Never a value."""

from argparse import Namespace
from typing import Any
from urllib.parse import quote

from rich.text import Text

from service.cli.bulk import add_conditions, conditions, revoke_many
from service.cli.commands import Commands, add_command, add_group
from service.cli.failures import Misuse
from service.cli.output import Output, output_of, plural, printable, table
from service.cli.signed_in import SignedIn
from service.cli.times import relative
from service.cli.tokens.ids import STATES
from service.cli.tokens.words import card, end, last_used, scopes, state
from service.clock import system_clock

INVENTORY = "/v1/admin/tokens"
MOST_IDS = 1_000


def add_parser(commands: Commands) -> None:
    group = add_group(commands, "inventory", help="see, pause and revoke everybody's tokens")
    _add_list(group)
    for name, suspended, text in (
        ("pause", True, "refuse a token until an administrator resumes it"),
        ("resume", False, "let a paused token work again"),
    ):
        pause = add_command(group, name, run_pause, help=text, examples=[f"safeconduct inventory {name} ID"])
        pause.add_argument("id", metavar="ID")
        pause.set_defaults(suspended=suspended)
    _add_revoke(group)


def _add_list(group: Commands) -> None:
    parser = add_command(
        group,
        "list",
        run_list,
        help="list everybody's tokens, the newest first",
        more="Revoked ones are left out unless --state asks for them.",
        examples=[
            "safeconduct inventory list --unused-since 90d",
            "safeconduct inventory list --user ann --json",
        ],
    )
    add_conditions(parser, STATES)
    _add_whose(parser)
    parser.add_argument("--limit", metavar="N", type=int, help="at most so many in a page (default: 1000)")
    parser.add_argument("--all", action="store_true", help="every page, not the first alone")


def _add_revoke(group: Commands) -> None:
    parser = add_command(
        group,
        "revoke",
        run_revoke,
        help="end tokens for good, by their ids or by what they have in common",
        more="Exactly the tokens shown before the question are revoked. --dry-run shows them and ends there.",
        examples=[
            "safeconduct inventory revoke --user ben --reason left --dry-run",
            "safeconduct inventory revoke --scope company --unused-since 180d --reason spring-cleaning",
        ],
    )
    parser.add_argument("ids", metavar="ID", nargs="*", help="whole ids")
    add_conditions(parser, STATES[:3])
    _add_whose(parser)
    parser.add_argument("--reason", metavar="R", required=True, help="why, for the audit and the owners")
    parser.add_argument("--dry-run", action="store_true", help="only show which ones")
    parser.add_argument("--yes", action="store_true", help="do not ask")


def _add_whose(parser: Any) -> None:
    parser.add_argument("--user", metavar="NAME-OR-ID", help="only this account's")
    parser.add_argument("--key", dest="kid", metavar="KID", help="only those that this key signed")


def run_list(arguments: Namespace) -> int:
    output, service = output_of(arguments), SignedIn(arguments)
    query = conditions(arguments) | ({"limit": arguments.limit} if arguments.limit is not None else {})
    found = service.listing(INVENTORY, query, whole=arguments.all)
    if output.as_json:
        output.json(found.items)
    else:
        _show(output, found.items)
    if found.more:
        output.say("There are more: --all lists them.")
    return 0


def run_pause(arguments: Namespace) -> int:
    output, service = output_of(arguments), SignedIn(arguments)
    path = f"{INVENTORY}/{quote(arguments.id, safe='')}"
    token = service.ask("PATCH", path, {"suspended": arguments.suspended}).body
    if output.as_json:
        output.json(token)
    else:
        output.answers.print(card(token, system_clock()))
    return 0


def run_revoke(arguments: Namespace) -> int:
    output = output_of(arguments)
    which = conditions(arguments)
    if bool(arguments.ids) == bool(which):
        raise Misuse("say which: ids, or conditions like --user and --unused-since, not both")
    if len(arguments.ids) > MOST_IDS:
        raise Misuse(f"at most {MOST_IDS} ids at once")
    body = {"filter": which} if which else {"ids": arguments.ids}
    service = SignedIn(arguments)
    return revoke_many(output, service, f"{INVENTORY}/revoke", body | {"reason": arguments.reason}, arguments)


def _show(output: Output, tokens: list[dict[str, Any]]) -> None:
    now = system_clock()
    rows = table("ID", "OWNER", "NOTE, SCOPES", "MADE", "ENDS", "LAST USED", "STATE", yields={1, 2})
    for token in tokens:
        what = Text(printable(token["note"])).append(f"\n{scopes(token)}", style="dim")
        rows.add_row(
            printable(token["id"]),
            printable(token["owner"]["name"]),
            what,
            relative(token["created_at"], now),
            end(token, now),
            last_used(token, now),
            state(token),
        )
    if tokens:
        output.answers.print(rows)
    output.say(f"{plural(len(tokens), 'token')}.")
