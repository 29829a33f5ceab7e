"""`safeconduct machines`: machine users, who answers for them, and their tokens."""

from argparse import Namespace
from typing import Any
from urllib.parse import quote

from service.cli.commands import Commands, add_command, add_group, words
from service.cli.failures import CommandFailed
from service.cli.output import output_of, plural, printable, table
from service.cli.prompts import agree
from service.cli.signed_in import SignedIn
from service.cli.tokens.making import DEFAULT_DAYS, add_value_only, show_value
from service.cli.tokens.options import (
    add_content,
    add_end,
    add_overlap,
    add_reference,
    content,
    end,
    overlap,
)
from service.domain.identifiers import from_wire

MACHINES = "/v1/admin/machines"


def add_parser(commands: Commands) -> None:
    group = add_group(commands, "machines", help="machine users, who answers for them, and their tokens")
    _add_create(group)
    add_command(
        group,
        "list",
        run_list,
        help="list the machine users and who answers for them",
        examples=["safeconduct machines list"],
    )
    disable = add_command(
        group,
        "disable",
        run_disable,
        help="disable a machine user: its tokens are revoked for good",
        examples=["safeconduct machines disable nightly-report"],
    )
    disable.add_argument("machine", metavar="NAME-OR-ID")
    disable.add_argument("--yes", action="store_true", help="do not ask")
    _add_responsible(group)
    _add_token(group)
    _add_regenerate(group)


def _add_create(group: Commands) -> None:
    create = add_command(
        group,
        "create",
        run_create,
        help="create a machine user, for whom people answer",
        examples=["safeconduct machines create nightly-report --responsible ann --grant dashboard:view"],
    )
    create.add_argument("name", metavar="NAME")
    create.add_argument(
        "--responsible",
        metavar="NAME-OR-ID",
        action="append",
        required=True,
        help="a person who answers for it, sees its tokens and may revoke them; again for several",
    )
    create.add_argument(
        "--grant",
        metavar="SCOPE",
        action="append",
        help="what it may be given; again, or S,S (default: catalogue's)",
    )


def _add_responsible(group: Commands) -> None:
    responsible = add_command(
        group,
        "responsible",
        run_responsible,
        help="say who answers for a machine user from now on",
        more="These people and nobody else: name those who stay as well. At least one.",
        examples=["safeconduct machines responsible nightly-report ann ben"],
    )
    responsible.add_argument("machine", metavar="NAME-OR-ID")
    responsible.add_argument("people", metavar="PERSON", nargs="+", help="name or id")


def _add_regenerate(group: Commands) -> None:
    parser = add_command(
        group,
        "regenerate",
        run_regenerate,
        help="make a new value for a machine's token; the old one stops working, at once or after an overlap",
        more="Note, scopes and API stay unless given. safeconduct inventory list --user MACHINE shows the ids.",
        examples=["safeconduct machines regenerate nightly-report TOKEN-ID --days 90 --overlap 1h"],
    )
    parser.add_argument("machine", metavar="NAME-OR-ID")
    parser.add_argument("token_id", metavar="TOKEN-ID")
    add_content(parser, required=False)
    add_reference(parser)
    add_end(parser, required=True)
    add_overlap(parser)
    add_value_only(parser)


def _add_token(group: Commands) -> None:
    token = add_command(
        group,
        "token",
        run_token,
        help="make a token of a machine user; its value is shown this once",
        more=f"It ends after {DEFAULT_DAYS} days unless you say otherwise.\n"
        "In a pipe, standard output is the value alone.",
        examples=["safeconduct machines token nightly-report --note cron --scope dashboard:view --days 30"],
    )
    token.add_argument("machine", metavar="NAME-OR-ID")
    add_content(token, required=True)
    add_reference(token)
    add_end(token)
    add_value_only(token)


def run_create(arguments: Namespace) -> int:
    output, service = output_of(arguments), SignedIn(arguments)
    body = {"name": arguments.name, "responsible": arguments.responsible}
    if arguments.grant:
        body["grant"] = [scope for text in arguments.grant for scope in words(text)]
    made = service.ask("POST", MACHINES, body).body
    if output.as_json:
        output.json(made)
    else:
        output.answers.print(f"{printable(made['id'])}  {printable(made['name'])}")
    return 0


def run_list(arguments: Namespace) -> int:
    output, service = output_of(arguments), SignedIn(arguments)
    machines = service.listing(MACHINES, {}, whole=True).items
    if output.as_json:
        output.json(machines)
        return 0
    rows = table("ID", "NAME", "RESPONSIBLE", "STATE", yields={1, 2})
    for machine in machines:
        people = " ".join(person["name"] for person in machine["responsible"])
        state = "disabled" if machine["disabled_at"] else "enabled"
        rows.add_row(*map(printable, (machine["id"], machine["name"], people, state)))
    if machines:
        output.answers.print(rows)
    output.say(f"{plural(len(machines), 'machine user')}.")
    return 0


def run_disable(arguments: Namespace) -> int:
    output, service = output_of(arguments), SignedIn(arguments)
    machine_id = _find(service, arguments.machine)
    if not arguments.yes:
        agree(f"Disable {arguments.machine} and revoke all its tokens for good?")
    disabled = service.ask("POST", f"{MACHINES}/{machine_id}/disable").body
    if output.as_json:
        output.json(disabled)
    else:
        revoked = plural(disabled["revoked_values"], "token value")
        output.answers.print(f"disabled {printable(arguments.machine)}; {revoked} revoked")
    return 0


def run_responsible(arguments: Namespace) -> int:
    output, service = output_of(arguments), SignedIn(arguments)
    path = f"{MACHINES}/{_find(service, arguments.machine)}/responsible"
    machine = service.ask("PUT", path, {"responsible": arguments.people}).body
    if output.as_json:
        output.json(machine)
    else:
        people = " ".join(person["name"] for person in machine["responsible"])
        output.answers.print(f"{printable(people)} for {printable(machine['name'])}")
    return 0


def run_token(arguments: Namespace) -> int:
    service = SignedIn(arguments)
    body = content(arguments) | (end(arguments) or {"expiration": DEFAULT_DAYS})
    return _show_made(service, f"{MACHINES}/{_find(service, arguments.machine)}/tokens", body, arguments)


def run_regenerate(arguments: Namespace) -> int:
    service = SignedIn(arguments)
    body = content(arguments) | end(arguments) | overlap(arguments)
    machine, token_id = _find(service, arguments.machine), quote(arguments.token_id, safe="")
    return _show_made(service, f"{MACHINES}/{machine}/tokens/{token_id}/regenerate", body, arguments)


def _show_made(service: SignedIn, path: str, body: dict[str, Any], arguments: Namespace) -> int:
    """Made once, however often it had to be asked for."""
    made: dict[str, Any] = service.once("POST", path, body).body
    if made.get("value_gone"):
        raise CommandFailed(
            f"token {made['id']} has its new value, but that was lost on the way; make another one:",
            f"  safeconduct machines regenerate {arguments.machine} {made['id']} --days N",
        )
    show_value(output_of(arguments), made, value_only=arguments.value_only)
    return 0


def _find(service: SignedIn, written: str) -> str:
    """What looks like an id is one. Raises CommandFailed where no machine has that name."""
    if from_wire(written):
        return quote(written, safe="")
    for machine in service.listing(MACHINES, {}, whole=True).items:
        if str(machine["name"]).casefold() == written.casefold():
            return str(machine["id"])
    raise CommandFailed(f"there is no machine user called {written!r}")
