"""`safeconduct users grant | role | enable`: who may what."""

from argparse import Namespace
from collections.abc import Mapping
from typing import Any

from rich.console import Console

from service.cli.accounts import USERS, find_account
from service.cli.commands import Commands, add_command, words
from service.cli.output import output_of, plural, printable
from service.cli.prompts import agree
from service.cli.signed_in import SignedIn
from service.domain.user import Role


def add_rights(group: Commands) -> None:
    grant = add_command(
        group,
        "grant",
        run_grant,
        help="change what a person or a machine may hand out, after showing what ends",
        more="Tokens that carry more than the new grant are revoked for good, in the same moment.",
        examples=[
            "safeconduct users grant ann --scope embed,dashboard:view --dry-run",
            "safeconduct users grant nightly-report --default",
        ],
    )
    grant.add_argument("user", metavar="NAME-OR-ID")
    which = grant.add_mutually_exclusive_group(required=True)
    which.add_argument("--scope", metavar="S", action="append", help="these scopes; again, or S,S")
    which.add_argument("--all", action="store_true", help="every scope")
    which.add_argument("--default", action="store_true", help="what the catalogue says for new users")
    grant.add_argument("--dry-run", action="store_true", help="only show what would end")
    grant.add_argument("--yes", action="store_true", help="do not ask")
    role = add_command(
        group,
        "role",
        run_role,
        help="make a person a user, an auditor (reads everything) or an administrator",
        more="Their sessions end; they sign in again as what they are then.",
        examples=["safeconduct users role ann auditor"],
    )
    role.add_argument("user", metavar="NAME-OR-ID")
    role.add_argument("role", choices=[str(role) for role in Role])
    enable = add_command(
        group,
        "enable",
        run_enable,
        help="let a disabled person or machine back; what was revoked stays revoked",
        examples=["safeconduct users enable ann"],
    )
    enable.add_argument("user", metavar="NAME-OR-ID")


def run_grant(arguments: Namespace) -> int:
    output, service = output_of(arguments), SignedIn(arguments)
    user_id, name = find_account(service, arguments.user)
    path, body = f"{USERS}/{user_id}/grant", {"grant": _grant(arguments)}
    if not arguments.yes or arguments.dry_run:
        seen = service.ask("PUT", f"{path}?dry_run=true", body).body
        if output.as_json and arguments.dry_run:
            output.json(seen)
            return 0
        _show(output.remarks if output.as_json else output.answers, name, seen)
        if arguments.dry_run:
            return 0
        agree(f"Change the grant of {name}?")
        body["preview"] = seen["preview"]
    done = service.ask("PUT", path, body).body
    if output.as_json:
        output.json(done)
    else:
        revoked = plural(done["revoked_values"], "token value")
        output.answers.print(f"{printable(name)} may {_may(done)}; {revoked} revoked")
    return 0


def _grant(arguments: Namespace) -> str | list[str]:
    if arguments.scope:
        return [scope for text in arguments.scope for scope in words(text)]
    return "all" if arguments.all else "default"


def _show(console: Console, name: str, seen: Mapping[str, Any]) -> None:
    beyond = seen["beyond"]
    console.print(f"{printable(name)} would be able to {_may(seen)}", soft_wrap=True)
    console.print(f"{plural(beyond['count'], 'token')} beyond that would end")
    for token in beyond["tokens"]:
        what = "" if token["ends"] == "token" else " (only the value in its overlap)"
        line = f"  {token['id']}  {token['note']}: {' '.join(token['scopes'])}{what}"
        console.print(printable(line), soft_wrap=True)
    if (rest := beyond["count"] - len(beyond["tokens"])) > 0:
        console.print(f"  and {rest} more")


def _may(answer: Mapping[str, Any]) -> str:
    return printable(answer["grant"]["may"] or "hand out nothing")


def run_role(arguments: Namespace) -> int:
    output, service = output_of(arguments), SignedIn(arguments)
    user_id, name = find_account(service, arguments.user)
    done = service.ask("PUT", f"{USERS}/{user_id}/role", {"role": arguments.role}).body
    if output.as_json:
        output.json(done)
    else:
        output.answers.print(
            f"{printable(name)} is {'a' if done['role'] == 'user' else 'an'} {done['role']} now"
        )
    return 0


def run_enable(arguments: Namespace) -> int:
    output, service = output_of(arguments), SignedIn(arguments)
    user_id, name = find_account(service, arguments.user)
    done = service.ask("POST", f"{USERS}/{user_id}/enable", {}).body
    if output.as_json:
        output.json(done)
    else:
        output.answers.print(f"enabled {printable(name)}; what was revoked stays revoked")
    return 0
