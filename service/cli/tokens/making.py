"""`safeconduct tokens create` and `regenerate`: a value that is shown this once."""

from argparse import ArgumentParser, Namespace
from typing import Any

from rich.panel import Panel
from rich.text import Text

from service.cli.commands import Commands, add_command
from service.cli.failures import CommandFailed, Misuse
from service.cli.output import Output, facts, output_of, printable
from service.cli.signed_in import SignedIn
from service.cli.tokens.changing import regenerate_command
from service.cli.tokens.ids import TOKENS, one_token
from service.cli.tokens.options import (
    add_content,
    add_end,
    add_id,
    add_overlap,
    add_reference,
    content,
    end,
    overlap,
)
from service.cli.tokens.words import exact_end, scopes
from service.clock import system_clock

DEFAULT_DAYS = 90
REQUIRED = {"--note": "note", "--scope": "scopes"}
COPIED = ("note", "scopes", "audience", "allowed_ips", "metadata")


def add_create(group: Commands) -> None:
    parser = add_command(
        group,
        "create",
        run_create,
        help="make a token; its value is shown this once",
        more=f"It ends after {DEFAULT_DAYS} days unless you say otherwise.\n"
        "In a pipe, standard output is the value alone; with --reference, the short reference.",
        examples=[
            'safeconduct tokens create --note "Power Automate" --scope automation:view --days 30',
            "safeconduct tokens create --note ci --scope embed --allow-ip 10.0.0.0/8 | store-secret ci",
            'safeconduct tokens create --like 3f2a9c1d --note "the same for the other flow"',
        ],
    )
    parser.add_argument(
        "--like",
        metavar="ID",
        help="with note, scopes, API, networks and metadata of this one, but for what you say",
    )
    add_content(parser)
    add_reference(parser)
    add_end(parser)
    add_value_only(parser)


def add_regenerate(group: Commands) -> None:
    parser = add_command(
        group,
        "regenerate",
        run_regenerate,
        help="make a new value; the old one stops working, at once or after an overlap",
        more="Note, scopes and API stay unless given. It works on expired tokens, not on revoked ones.",
        examples=[
            "safeconduct tokens regenerate 3f2a9c1d --days 90",
            "safeconduct tokens regenerate 3f2a9c1d --days 90 --overlap 1h",
        ],
    )
    add_id(parser)
    add_content(parser)
    add_reference(parser)
    add_end(parser, required=True)
    add_overlap(parser)
    add_value_only(parser)


def add_value_only(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--value-only", action="store_true", help="print the value and nothing else, anywhere"
    )


def run_create(arguments: Namespace) -> int:
    service = SignedIn(arguments)
    members = content(arguments)
    if arguments.like:
        members = _copied(service, arguments.like) | members
    if missing := [option for option, name in REQUIRED.items() if name not in members]:
        raise Misuse(f"say {' and '.join(missing)}, or --like which token it shall be")
    body = members | (end(arguments) or {"expiration": DEFAULT_DAYS})
    made = _made(service, TOKENS, body)
    show_value(output_of(arguments), made, value_only=arguments.value_only)
    return 0


def run_regenerate(arguments: Namespace) -> int:
    service = SignedIn(arguments)
    token_id = one_token(service, arguments.id)
    body = content(arguments) | end(arguments) | overlap(arguments)
    made = _made(service, f"{TOKENS}/{token_id}/regenerate", body)
    show_value(output_of(arguments), made, value_only=arguments.value_only)
    return 0


def _copied(service: SignedIn, written: str) -> dict[str, Any]:
    """What a new token takes over from another one of any state: all that was asked for but its times."""
    token = service.ask("GET", f"{TOKENS}/{one_token(service, written)}").body
    return {name: token[name] for name in COPIED if token[name]}


def _made(service: SignedIn, path: str, body: dict[str, Any]) -> dict[str, Any]:
    """What was made with its value; made once, however often it had to be asked for."""
    made: dict[str, Any] = service.once("POST", path, body).body
    if made.get("value_gone"):
        raise CommandFailed(
            f"token {made['id']} has its new value, but that was lost on the way; make another one:",
            f"  {regenerate_command(made['id'], body)}",
        )
    return made


def show_value(output: Output, made: dict[str, Any], *, value_only: bool) -> None:
    """The value stands on a line of its own, outside of every frame, so that it is copied whole. Who asked for a short
    reference gets that where one value alone is wanted.
    """
    value = made.get("reference", made["token"])
    if output.as_json:
        output.json(made)
    elif value_only:
        output.value(value)
    elif not output.to_terminal:
        output.value(value)
        ends = "it ends " if made["expiration"] else ""
        output.say(Text(f"Token {made['id']} is made; {ends}").append(exact_end(made, system_clock())))
    else:
        rows = facts(
            [
                ("id", made["id"]),
                ("note", made["note"]),
                ("scopes", scopes(made)),
                ("ends", exact_end(made, system_clock())),
            ]
        )
        output.answers.print(
            Panel(rows, title="Copy the value now: it is shown only this once", expand=False)
        )
        output.answers.print()
        output.value(printable(made["token"]))
        output.answers.print()
        if "reference" in made:
            output.answers.print("Its short reference, for fields that hold no long token:")
            output.value(printable(made["reference"]))
            output.answers.print()
        output.answers.print(
            "Send it with each request as the header  Authorization: Bearer VALUE", style="dim"
        )
        output.answers.print("Treat it like a password: no mail, no repository.", style="dim")
