"""`safeconduct users list` and `show`: who there is, and what they may."""

from argparse import Namespace
from collections import Counter
from collections.abc import Mapping
from typing import Any

from service.cli.accounts import USERS, find_account
from service.cli.commands import Commands, add_command
from service.cli.output import facts, output_of, plural, printable, table
from service.cli.signed_in import SignedIn
from service.cli.times import minute, when
from service.cli.tokens.ids import STATES
from service.domain.user import Role

INVENTORY = "/v1/admin/tokens"


def add_people(group: Commands) -> None:
    listing = add_command(
        group,
        "list",
        run_list,
        help="list people, by name",
        examples=[
            "safeconduct users list --role administrator",
            "safeconduct users list --search ann --json",
        ],
    )
    listing.add_argument("--search", metavar="TEXT", help="only those whose name contains it")
    listing.add_argument("--role", choices=[str(role) for role in Role], help="only these")
    listing.add_argument("--all", action="store_true", help="every page, not the first 1000 alone")
    show = add_command(
        group,
        "show",
        run_show,
        help="show one person or machine user: role, grant, and how many tokens",
        examples=["safeconduct users show ann"],
    )
    show.add_argument("user", metavar="NAME-OR-ID")


def run_list(arguments: Namespace) -> int:
    output, service = output_of(arguments), SignedIn(arguments)
    asked = {name: getattr(arguments, name) for name in ("search", "role")}
    query = {name: value for name, value in asked.items() if value is not None}
    found = service.listing(USERS, query, whole=arguments.all)
    if output.as_json:
        output.json(found.items)
        return 0
    rows = table("ID", "NAME", "ROLE", "SINCE (UTC)", "STATE", yields={1})
    for person in found.items:
        cells = (person["id"], person["name"], person["role"], minute(person["created_at"]), state(person))
        rows.add_row(*map(printable, cells))
    if found.items:
        output.answers.print(rows)
    output.say(f"{plural(len(found.items), 'account')}.")
    if found.more:
        output.say("There are more: --all lists them.")
    return 0


def run_show(arguments: Namespace) -> int:
    output, service = output_of(arguments), SignedIn(arguments)
    user_id, _ = find_account(service, arguments.user)
    account = service.ask("GET", f"{USERS}/{user_id}").body
    tokens = service.listing(INVENTORY, {"user": user_id, "state": list(STATES)}, whole=True).items
    counts = Counter(str(token["state"]) for token in tokens)
    if output.as_json:
        output.json({**account, "tokens": {name: counts[name] for name in STATES}})
        return 0
    rows = [
        ("id", account["id"]),
        ("name", account["name"]),
        ("kind", account["kind"]),
        ("role", account["role"]),
        ("state", state(account)),
        ("since", when(account["created_at"])),
        ("may hand out", account["grant"]["may"] or "nothing"),
        ("tokens", ", ".join(f"{counts[name]} {name}" for name in STATES if counts[name]) or "none"),
    ]
    output.answers.print(facts(rows))
    return 0


def state(account: Mapping[str, Any]) -> str:
    """In words, since when."""
    return f"disabled {when(account['disabled_at'])}" if account["disabled_at"] else "enabled"
