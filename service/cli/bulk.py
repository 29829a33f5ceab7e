"""Revoking many tokens: the conditions, a look before, and a bar that shows how far it is."""

import re
from argparse import ArgumentParser, Namespace
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from rich.progress import Progress

from service.cli.failures import CommandFailed, Misuse
from service.cli.output import Output, plural, printable
from service.cli.prompts import agree
from service.cli.signed_in import SignedIn
from service.cli.times import DAY
from service.clock import system_clock

STEP: Final = 500
"""Tokens to a call: each is done and told before the next begins."""

_DAYS_AGO = re.compile(r"([0-9]{1,5})d", re.ASCII)


def add_conditions(parser: ArgumentParser, states: Sequence[str]) -> None:
    """Which tokens are meant; all conditions given must be met."""
    parser.add_argument("--state", action="append", choices=states, help="only these; again for several")
    parser.add_argument("--search", metavar="TEXT", help="only those whose note contains it")
    parser.add_argument("--scope", metavar="S", help="only those with this scope")
    moment = "RFC 3339, or like 90d: so many days ago"
    parser.add_argument("--created-before", metavar="TIME", help=f"only those made before ({moment})")
    parser.add_argument("--unused-since", metavar="TIME", help="only those neither made nor used since")


def conditions(arguments: Namespace) -> dict[str, Any]:
    """The members of a filter; empty when none was given. Raises Misuse for what is no time."""
    names = ("state", "search", "scope", "user", "kid")
    members = {name: getattr(arguments, name, None) for name in names}
    for name in ("created_before", "unused_since"):
        text = getattr(arguments, name)
        members[name] = None if text is None else _moment(text)
    return {name: value for name, value in members.items() if value is not None}


def revoke_many(
    output: Output, service: SignedIn, path: str, body: Mapping[str, Any], arguments: Namespace
) -> int:
    """Show what `body` means, ask, and revoke exactly that, step by step.

    Raises:
        CommandFailed: the person said no, or some of them are not there.
    """
    seen = service.ask("POST", path, {**body, "dry_run": True}).body
    if arguments.dry_run:
        _tell(output, seen, seen["results"], "would be revoked")
        return 0
    meant = [result["id"] for result in seen["results"]]
    if not arguments.yes and seen["counts"]["revoked"]:
        agree(f"Revoke {plural(seen['counts']['revoked'], 'token')} for good?")
    reason = {"reason": body["reason"]} if "reason" in body else {}
    results: list[dict[str, Any]] = []
    try:
        with Progress(console=output.remarks, disable=not output.remarks.is_terminal, transient=True) as bar:
            task = bar.add_task("revoking", total=len(meant))
            for start in range(0, len(meant), STEP):
                ids = meant[start : start + STEP]
                results += service.ask("POST", path, {"ids": ids, **reason}).body["results"]
                bar.advance(task, len(ids))
    finally:  # also when the connection breaks half-way: what is done is told
        _tell(output, {"dry_run": False}, results, "revoked")
    missing = [result["id"] for result in results if result["outcome"] == "not_found"]
    if missing:
        raise CommandFailed(*(f"{token_id}: there is no such token" for token_id in missing))
    return 0


def _tell(output: Output, answer: Mapping[str, Any], results: list[dict[str, Any]], done: str) -> None:
    counts = Counter(str(result["outcome"]) for result in results)
    if output.as_json:
        names = ("revoked", "already_revoked", "not_found")
        told = {"dry_run": answer["dry_run"], "counts": {name: counts[name] for name in names}}
        output.json({**told, "results": results})
        return
    for result in results:
        outcome = done if result["outcome"] == "revoked" else str(result["outcome"]).replace("_", " ")
        output.answers.print(f"{printable(result['id'])}  {printable(outcome)}", soft_wrap=True)
    output.say(f"{plural(counts['revoked'], 'token')} {done}.")


def _moment(text: str) -> str:
    if match := _DAYS_AGO.fullmatch(text):
        then = datetime.fromtimestamp(system_clock() - int(match[1]) * DAY, UTC)
        return then.strftime("%Y-%m-%dT%H:%M:%SZ")
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise Misuse(f"{text!r} is no time: say 2027-02-20T18:00:00Z, or 90d for 90 days ago") from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).isoformat()
