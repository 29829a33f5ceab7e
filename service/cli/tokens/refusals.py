"""`safeconduct tokens refusals`: why a token that somebody shows is not honoured."""

from argparse import Namespace
from typing import Any, Final

from service.cli.commands import Commands, add_command
from service.cli.output import output_of, plural, printable, table
from service.cli.signed_in import SignedIn
from service.cli.times import minute
from service.cli.tokens.ids import TOKENS, one_token
from service.cli.tokens.options import add_id

WORDS: Final = {
    "expired": "it has expired",
    "revoked": "it is revoked",
    "replaced": "an old value: the token has a new one",
    "paused": "it is paused",
    "not_yet_valid": "its start is in the future",
    "wrong_audience": "it is for another API",
    "missing_scope": "a scope is missing",
    "address": "it is bound to other addresses",
}


def add_refusals(group: Commands) -> None:
    parser = add_command(
        group,
        "refusals",
        run_refusals,
        help="show the last refused uses of a token, and why",
        more="What introspection, gateways and the token's own routes have refused, and what APIs report.",
        examples=["safeconduct tokens refusals 3f2a9c1d"],
    )
    add_id(parser)


def run_refusals(arguments: Namespace) -> int:
    output, service = output_of(arguments), SignedIn(arguments)
    refusals = service.ask("GET", f"{TOKENS}/{one_token(service, arguments.id)}/refusals").body
    if output.as_json:
        output.json(refusals)
        return 0
    rows = table("WHEN (UTC)", "WHY", "FROM", "WITH", yields={1, 3})
    for refusal in refusals:
        rows.add_row(*map(printable, _row(refusal)))
    if refusals:
        output.answers.print(rows)
    output.say(f"{plural(len(refusals), 'refused use')}." if refusals else "No refused use is known.")
    return 0


def _row(refusal: dict[str, Any]) -> tuple[str, str, str, str]:
    why = WORDS.get(refusal["reason"], refusal["reason"])
    if refusal["reported_by"]:
        why += f" (reported by {refusal['reported_by']})"
    return minute(refusal["at"]), why, refusal["ip"] or "-", refusal["user_agent"] or "-"
