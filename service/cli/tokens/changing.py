"""`safeconduct tokens edit` and `revoke`."""

import shlex
from argparse import Namespace
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlencode

from service.cli.bulk import add_conditions, conditions, revoke_many
from service.cli.commands import Commands, add_command, words
from service.cli.failures import CommandFailed, Misuse, Problem
from service.cli.output import Output, output_of
from service.cli.signed_in import SignedIn
from service.cli.times import when
from service.cli.tokens.ids import STATES, TOKENS, one_token, token_ids
from service.cli.tokens.options import add_end, add_id, end
from service.cli.tokens.words import card
from service.clock import system_clock

WHO_REFUSES_WHEN: Final = (
    "Introspection and gateways refuse them from now on; verifiers that read the signed status list, within\n"
    "15 min 30 s. A verifier that looks at the signature alone notices nothing before a token's own end."
)


def add_edit(group: Commands) -> None:
    parser = add_command(
        group,
        "edit",
        run_edit,
        help="change the note, pause, resume, or end a token earlier",
        more="Whatever else is changed is signed and needs a new value: see `safeconduct tokens regenerate`. With a\n"
        "short reference it does not: rights and any end are changed in place.",
        examples=[
            'safeconduct tokens edit 3f2a9c1d --note "weekly report"',
            "safeconduct tokens edit 3f2a9c1d --pause",
            "safeconduct tokens edit 3f2a9c1d --scope embed --days 90",
        ],
    )
    add_id(parser)
    parser.add_argument("--note", metavar="TEXT", help="what it is for, 1 to 255 characters")
    parser.add_argument(
        "--scope", metavar="S", action="append", help="what it may do; again, or S,S for several"
    )
    pause = parser.add_mutually_exclusive_group()
    pause.add_argument(
        "--pause", dest="suspended", action="store_const", const=True, help="refuse it for now"
    )
    pause.add_argument(
        "--resume", dest="suspended", action="store_const", const=False, help="let it work again"
    )
    add_end(parser, never=False)


def add_revoke(group: Commands) -> None:
    parser = add_command(
        group,
        "revoke",
        run_revoke,
        help="end tokens for good",
        more=f"{WHO_REFUSES_WHEN}\nBy conditions, exactly the tokens shown before the question are revoked.",
        examples=[
            "safeconduct tokens revoke 3f2a9c1d 81c0ffee --reason leaked",
            "safeconduct tokens revoke --unused-since 90d --dry-run",
        ],
    )
    add_id(parser, several=True)
    add_conditions(parser, STATES[:3])
    parser.add_argument("--dry-run", action="store_true", help="by conditions: only show which ones")
    parser.add_argument("--yes", action="store_true", help="by conditions: do not ask")
    parser.add_argument("--reason", metavar="R", help="why, for the audit: lost, leaked, no longer needed, …")


def run_edit(arguments: Namespace) -> int:
    output, service = output_of(arguments), SignedIn(arguments)
    members = {"note": arguments.note, "suspended": arguments.suspended}
    if arguments.scope:
        members["scopes"] = [scope for text in arguments.scope for scope in words(text)]
    body = {name: value for name, value in members.items() if value is not None} | end(arguments)
    if not body:
        raise Misuse("say what to change: --note, --scope, --pause, --resume, --days or --expires-at")
    token_id = one_token(service, arguments.id)
    try:
        token = service.ask("PATCH", f"{TOKENS}/{token_id}", body).body
    except Problem as problem:
        if problem.code != "needs_new_value":
            raise
        call = regenerate_command(token_id, problem.members["regenerate"]["body"])
        raise CommandFailed(*problem.lines, f"  {call}") from None
    if output.as_json:
        output.json(token)
    else:
        output.answers.print(card(token, system_clock()))
    return 0


def run_revoke(arguments: Namespace) -> int:
    which = conditions(arguments)
    if bool(arguments.ids) == bool(which) or (arguments.ids and arguments.dry_run):
        raise Misuse("say which: ids, or conditions like --scope and --unused-since (--dry-run is for these)")
    output, service = output_of(arguments), SignedIn(arguments)
    if which:
        body = {"filter": which} | ({"reason": arguments.reason} if arguments.reason else {})
        return revoke_many(output, service, f"{TOKENS}/revoke", body, arguments)
    return _revoke_each(output, service, arguments)


def _revoke_each(output: Output, service: SignedIn, arguments: Namespace) -> int:
    reason = f"?{urlencode({'reason': arguments.reason})}" if arguments.reason else ""
    answers: list[dict[str, Any]] = []
    refused: list[str] = []
    try:
        for token_id in token_ids(service, arguments.ids):
            try:
                token = service.ask("DELETE", f"{TOKENS}/{token_id}{reason}").body
            except Problem as problem:
                answers.append({"id": token_id, "error": problem.code})
                refused.append(f"{token_id}: {problem.lines[0]}")
                continue
            receipt = _receipt(service, token_id)
            answers.append(token | {"revocation": receipt})
            if not output.as_json:
                output.answers.print(_in_words(token, receipt), soft_wrap=True)
    finally:  # also when the connection breaks half-way: what is done is told
        if output.as_json:
            output.json(answers)
    if not output.as_json and len(refused) < len(answers):
        output.say(WHO_REFUSES_WHEN)
    if refused:
        raise CommandFailed(*refused)
    return 0


def _receipt(service: SignedIn, token_id: str) -> dict[str, Any] | None:
    """None where it cannot be had: the revocation holds all the same."""
    try:
        receipt: dict[str, Any] = service.ask("GET", f"{TOKENS}/{token_id}/revocation").body
    except Problem:
        return None
    return receipt


def _in_words(token: Mapping[str, Any], receipt: Mapping[str, Any] | None) -> str:
    line = f"revoked {token['id']} at {when(token['revoked_at'])}"
    if receipt is None:
        return line
    return (
        f"{line}, revision {receipt['revision']}; every list refuses it by {when(receipt['lists_refuse_by'])}"
    )


def regenerate_command(token_id: str, members: Mapping[str, Any]) -> str:
    """The command that would do what an edit cannot: of what is signed, an edit here names rights and end alone."""
    if (moment := members.get("expires_at")) is not None:
        until = ["--expires-at", str(moment)]
    else:
        days = members.get("expiration")
        until = ["--no-expiration"] if days is None else ["--days", str(days)]
    scopes = ["--scope", ",".join(members["scopes"])] if "scopes" in members else []
    return shlex.join(["safeconduct", "tokens", "regenerate", token_id, *scopes, *until])
