"""`safeconduct clients`: the resource servers that may introspect and revoke."""

from argparse import Namespace
from urllib.parse import quote

from service.cli.commands import Commands, add_command, add_group, words
from service.cli.output import output_of, plural, printable, table
from service.cli.prompts import agree
from service.cli.signed_in import SignedIn

CLIENTS = "/v1/admin/clients"
PERMISSIONS = ("introspect", "revoke")


def add_parser(commands: Commands) -> None:
    group = add_group(
        commands, "clients", help="create and disable the clients that may introspect and revoke"
    )
    create = add_command(
        group,
        "create",
        run_create,
        help="create a client; its secret is shown this once",
        examples=["safeconduct clients create reports-api --audience https://reports.example.com"],
    )
    create.add_argument("name", metavar="NAME")
    create.add_argument("--audience", metavar="A", action="append", help="its own API; again for several")
    create.add_argument(
        "--permission",
        metavar="P",
        action="append",
        help=f"{' or '.join(PERMISSIONS)}; again, or P,P (default: introspect)",
    )
    create.add_argument(
        "--env", action="store_true", help="print shell lines that set CLIENT_ID and CLIENT_SECRET, for eval"
    )
    add_command(
        group,
        "list",
        run_list,
        help="list the clients whose secret opens something",
        examples=["safeconduct clients list"],
    )
    disable = add_command(
        group,
        "disable",
        run_disable,
        help="disable a client: its secret opens nothing any more",
        examples=["safeconduct clients disable 6f1d0c9e-3c53-4c1e-9a55-0f8b7c1d2e3f"],
    )
    disable.add_argument("id", metavar="ID")
    disable.add_argument("--yes", action="store_true", help="do not ask")


def run_create(arguments: Namespace) -> int:
    output, service = output_of(arguments), SignedIn(arguments)
    permissions = [
        permission for text in arguments.permission or ["introspect"] for permission in words(text)
    ]
    body = {"name": arguments.name, "audiences": arguments.audience or [], "permissions": permissions}
    made = service.ask("POST", CLIENTS, body).body
    if output.as_json:
        output.json(made)
    elif arguments.env:
        output.value(f"export CLIENT_ID={made['id']} CLIENT_SECRET={made['secret']}")
    else:
        output.value(f"client_id      {printable(made['id'])}\nclient_secret  {printable(made['secret'])}")
        output.say("Copy the secret now: it is shown only this once.")
    return 0


def run_list(arguments: Namespace) -> int:
    output, service = output_of(arguments), SignedIn(arguments)
    clients = service.ask("GET", CLIENTS).body
    if output.as_json:
        output.json(clients)
        return 0
    rows = table("ID", "NAME", "AUDIENCES", "MAY", yields={2})
    for client in clients:
        members = (
            client["id"],
            client["name"],
            *(" ".join(client[name]) for name in ("audiences", "permissions")),
        )
        rows.add_row(*map(printable, members))
    if clients:
        output.answers.print(rows)
    output.say(f"{plural(len(clients), 'client')}.")
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
