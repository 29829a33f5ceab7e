"""`safeconduct clients`: the resource servers that may introspect and revoke, and what acts as a machine user."""

import json
import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import Any
from urllib.parse import quote

from service.cli.commands import Commands, add_command, add_group, words
from service.cli.failures import CommandFailed, Misuse
from service.cli.output import Output, facts, output_of, plural, printable, table
from service.cli.prompts import agree
from service.cli.signed_in import SignedIn
from service.cli.times import when
from service.cli.tokens.options import seconds

CLIENTS = "/v1/admin/clients"
PERMISSIONS = ("introspect", "revoke", "exchange", "disable_users")


def add_parser(commands: Commands) -> None:
    group = add_group(
        commands, "clients", help="create, change and disable the clients of the OAuth endpoints"
    )
    _add_create(group)
    _add_changes(group)
    add_command(
        group,
        "list",
        run_list,
        help="list the clients whose secret opens something",
        examples=["safeconduct clients list"],
    )
    show = add_command(
        group,
        "show",
        run_show,
        help="show one client: its APIs and what it may",
        examples=["safeconduct clients show reports-api"],
    )
    show.add_argument("client", metavar="NAME-OR-ID")
    disable = add_command(
        group,
        "disable",
        run_disable,
        help="disable a client: its secret opens nothing any more",
        examples=["safeconduct clients disable 6f1d0c9e-3c53-4c1e-9a55-0f8b7c1d2e3f"],
    )
    disable.add_argument("id", metavar="ID")
    disable.add_argument("--yes", action="store_true", help="do not ask")


def _add_create(group: Commands) -> None:
    create = add_command(
        group,
        "create",
        run_create,
        help="create a client; its secret is shown this once",
        examples=[
            "safeconduct clients create reports-api --audience https://reports.example.com",
            "safeconduct clients create leavers --permission disable_users",
            "safeconduct clients create nightly --machine nightly-report --jwks public-keys.json",
        ],
    )
    create.add_argument("name", metavar="NAME")
    create.add_argument("--audience", metavar="A", action="append", help="its own API; again for several")
    create.add_argument(
        "--permission",
        metavar="P",
        action="append",
        help=f"{', '.join(PERMISSIONS)}; again, or P,P (default: introspect; with --machine none)",
    )
    create.add_argument(
        "--machine", metavar="NAME-OR-ID", help="it acts for this machine user at the token endpoint"
    )
    create.add_argument(
        "--jwks", metavar="FILE", help="public keys by which it proves itself (private_key_jwt); no secret"
    )
    _add_env(create)


def _add_changes(group: Commands) -> None:
    rotate = add_command(
        group,
        "rotate",
        run_rotate,
        help="give a client a new secret, shown this once",
        examples=["safeconduct clients rotate 6f1d0c9e-3c53-4c1e-9a55-0f8b7c1d2e3f --overlap 1h"],
    )
    _add_env(rotate)
    keys = add_command(
        group,
        "keys",
        run_keys,
        help="let a client prove itself by these public keys, in the place of those before",
        examples=["safeconduct clients keys 6f1d0c9e-3c53-4c1e-9a55-0f8b7c1d2e3f public-keys.json"],
    )
    for parser in (rotate, keys):
        parser.add_argument("id", metavar="ID")
        parser.add_argument(
            "--overlap",
            metavar="TIME",
            type=seconds,
            default=0,
            help="the old secret goes on so long: 90s, 15m, 1h, up to 7d (default: it ends at once)",
        )
    keys.add_argument("file", metavar="FILE", help="a JWK set (RFC 7517), or - for standard input")


def _add_env(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--env", action="store_true", help="print shell lines that set CLIENT_ID and CLIENT_SECRET, for eval"
    )


def run_create(arguments: Namespace) -> int:
    output, service = output_of(arguments), SignedIn(arguments)
    body: dict[str, Any] = {"name": arguments.name, "audiences": arguments.audience or []}
    if arguments.permission:
        body["permissions"] = [permission for text in arguments.permission for permission in words(text)]
    if arguments.machine:
        body["machine"] = arguments.machine
    if arguments.jwks:
        body["jwks"] = _jwks(arguments.jwks)
    _show(output, service.ask("POST", CLIENTS, body).body, env=arguments.env)
    return 0


def run_rotate(arguments: Namespace) -> int:
    output, service = output_of(arguments), SignedIn(arguments)
    body = {"overlap": arguments.overlap}
    rotated = service.ask("POST", f"{CLIENTS}/{quote(arguments.id, safe='')}/secret", body).body
    _show(output, rotated, env=arguments.env)
    if rotated["old_secret_ends_at"] and not output.as_json:
        output.say(f"The old secret ends at {when(rotated['old_secret_ends_at'])}.")
    return 0


def run_keys(arguments: Namespace) -> int:
    output, service = output_of(arguments), SignedIn(arguments)
    body = {"jwks": _jwks(arguments.file), "overlap": arguments.overlap}
    changed = service.ask("PUT", f"{CLIENTS}/{quote(arguments.id, safe='')}/jwks", body).body
    if output.as_json:
        output.json(changed)
    else:
        kids = " ".join(printable(key["kid"]) for key in changed["jwks"]["keys"])
        output.answers.print(f"{printable(changed['id'])} proves itself by {kids}")
    return 0


def _show(output: Output, made: dict[str, Any], *, env: bool) -> None:
    """Id and secret, each with its name; the id alone where there is no secret."""
    secret = made.get("secret")
    if output.as_json:
        output.json(made)
    elif env:
        output.value(f"export CLIENT_ID={made['id']}" + (f" CLIENT_SECRET={secret}" if secret else ""))
    elif secret:
        output.value(f"client_id      {printable(made['id'])}\nclient_secret  {printable(secret)}")
        output.say("Copy the secret now: it is shown only this once.")
    else:
        output.value(f"client_id      {printable(made['id'])}")


def _jwks(path: str) -> dict[str, Any]:
    """The JSON object in a file. Raises Misuse."""
    try:
        text = sys.stdin.read() if path == "-" else Path(path).read_text("utf-8")
        document = json.loads(text)
    except (OSError, ValueError) as error:
        raise Misuse(f"{path}: {error}") from None
    if not isinstance(document, dict):
        raise Misuse(f"{path}: is no JWK set")
    return document


def run_list(arguments: Namespace) -> int:
    output, service = output_of(arguments), SignedIn(arguments)
    clients = service.ask("GET", CLIENTS).body
    if output.as_json:
        output.json(clients)
        return 0
    rows = table("ID", "NAME", "AUDIENCES", "MAY", "MACHINE", yields={2})
    for client in clients:
        members = (
            client["id"],
            client["name"],
            *(" ".join(client[name]) for name in ("audiences", "permissions")),
            client["machine"] or "-",
        )
        rows.add_row(*map(printable, members))
    if clients:
        output.answers.print(rows)
    output.say(f"{plural(len(clients), 'client')}.")
    return 0


def run_show(arguments: Namespace) -> int:
    output, service = output_of(arguments), SignedIn(arguments)
    every = service.ask("GET", CLIENTS).body
    found = [each for each in every if arguments.client in {each["id"], each["name"]}]
    if len(found) != 1:
        raise CommandFailed(
            f"{'several clients are' if found else 'no client is'} called {arguments.client!r}",
            *(f"  {each['id']}" for each in found),
        )
    [client] = found
    if output.as_json:
        output.json(client)
        return 0
    rows = [(name, client[name]) for name in ("id", "name")]
    rows += [("APIs", " ".join(client["audiences"])), ("may", " ".join(client["permissions"]))]
    rows += [("acts for", client["machine"])] if client["machine"] else []
    output.answers.print(facts([*rows, ("since", when(client["created_at"]))]))
    return 0


def run_disable(arguments: Namespace) -> int:
    output, service = output_of(arguments), SignedIn(arguments)
    if not arguments.yes:
        agree(f"Disable the client {arguments.id}?")
    service.ask("DELETE", f"{CLIENTS}/{quote(arguments.id, safe='')}")
    if output.as_json:
        output.json({"id": arguments.id, "disabled": True})
    else:
        output.answers.print(f"disabled {printable(arguments.id)}")
    return 0
