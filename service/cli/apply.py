"""`safeconduct apply`: put a catalogue in force, after a look at what it changes."""

import asyncio
import os
from argparse import Namespace
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.text import Text

from service.cli.commands import Commands, add_command
from service.cli.failures import Misuse
from service.cli.local_catalogue import apply_locally
from service.cli.output import Output, output_of, plural, printable
from service.cli.prompts import agree
from service.cli.signed_in import SignedIn
from service.domain.catalogue_difference import Change
from service.settings import Settings

KEPT = "which keep it to their end"
MANY = 1_000
"""Tokens beyond which they are revoked ahead, page by page."""
SIGNS = {"added": ("+", "green"), "removed": ("-", "red"), "changed": ("~", "yellow")}


def add_parser(commands: Commands) -> None:
    parser = add_command(
        commands,
        "apply",
        run,
        help="put a catalogue (scopes, audiences, grants, clients, machines, webhooks, policy) in force",
        more="What live tokens would carry too much of goes only with --keep-until-expiry (they keep it to their end)\n"
        "or --revoke (they are revoked for good).",
        examples=[
            "safeconduct apply catalogue.toml --dry-run",
            "safeconduct apply catalogue.toml --local        before the first start, or with the service stopped",
        ],
    )
    parser.add_argument("file", metavar="FILE", type=Path, help="the catalogue, in TOML")
    parser.add_argument("--dry-run", action="store_true", help="only show what would change")
    fate = parser.add_mutually_exclusive_group()
    fate.add_argument("--keep-until-expiry", action="store_true", help="let live tokens keep what goes")
    fate.add_argument("--revoke", action="store_true", help="revoke live tokens that carry what goes")
    parser.add_argument("--yes", action="store_true", help="do not ask")
    parser.add_argument(
        "--local", action="store_true", help="open the configured database directly, without the service"
    )


def run(arguments: Namespace) -> int:
    output = output_of(arguments)
    try:
        text = arguments.file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Misuse(f"cannot read {arguments.file}: {getattr(error, 'strerror', None) or error}") from error
    put = _Local(text, arguments) if arguments.local else _Remote(text, arguments)
    if arguments.yes and not (arguments.dry_run or arguments.revoke):
        return _done(output, put(dry_run=False), show=True)
    seen = put(dry_run=True)
    if output.as_json and arguments.dry_run:
        output.json(seen)
        return 0
    _show(output.remarks if output.as_json else output.answers, seen, _fate(arguments))
    if arguments.dry_run or not seen["changes"]:
        return 0
    if not arguments.yes:
        agree("Put this in force at every replica?")
    ahead = _revoke_ahead(output, put, seen["beyond"]) if arguments.revoke and seen["beyond"] > MANY else 0
    done = put(dry_run=False, expected_version=seen["version"])
    return _done(output, {**done, "revoked": done["revoked"] + ahead}, show=False)


def _revoke_ahead(output: Output, put: "_Remote | _Local", tokens: int) -> int:
    """A page at a time, telling how far it has come, so that no single call takes long."""
    revoked, after = 0, None  # type: int, str | None
    with output.remarks.status(f"revoking {tokens} tokens") as status:
        while True:
            answer = put.revoke_some(after)
            revoked, after = revoked + answer["revoked"], answer["after"]
            status.update(f"revoked {revoked} token values of {plural(tokens, 'token')}")
            if after is None:
                return revoked


def _done(output: Output, applied: Mapping[str, Any], *, show: bool) -> int:
    if output.as_json:
        output.json(applied)
        return 0
    if show:
        _show(output.answers, applied, KEPT)
    if applied["revoked"]:
        output.answers.print(f"{plural(applied['revoked'], 'token value')} revoked")
    for client in applied["clients"]:
        output.answers.print(f"\nclient         {printable(client['name'])}")
        output.value(f"client_id      {printable(client['id'])}")
        if client["secret"]:
            output.value(f"client_secret  {printable(client['secret'])}")
    for webhook in applied["webhooks"]:
        output.answers.print(f"\nwebhook        {printable(webhook['name'])}")
        output.value(f"secret         {printable(webhook['secret'])}")
    if applied["webhooks"] or any(client["secret"] for client in applied["clients"]):
        output.say("Copy each secret now: it is shown only this once.")
    output.say(f"Version {applied['version']} of the catalogue is in force.")
    return 0


class _Remote:
    """Through the service, as the administrator who is signed in."""

    def __init__(self, text: str, arguments: Namespace) -> None:
        self._service = SignedIn(arguments)
        self._body = {
            "toml": text,
            "keep_until_expiry": arguments.keep_until_expiry,
            "revoke": arguments.revoke,
        }

    def __call__(self, **how: Any) -> Mapping[str, Any]:
        answer: Mapping[str, Any] = self._service.ask("POST", "/v1/admin/catalogue", self._body | how).body
        return answer

    def revoke_some(self, after: str | None) -> Mapping[str, Any]:
        body = {"toml": self._body["toml"], "after": after}
        answer: Mapping[str, Any] = self._service.ask("POST", "/v1/admin/catalogue/revoke", body).body
        return answer


class _Local:
    """Straight into the configured database."""

    def __init__(self, text: str, arguments: Namespace) -> None:
        self._settings = Settings.from_env(os.environ)
        self._text = text
        self._fate = {"keep_until_expiry": arguments.keep_until_expiry, "revoke": arguments.revoke}

    def __call__(self, **how: Any) -> Mapping[str, Any]:
        return asyncio.run(apply_locally(self._settings, self._text, **self._fate, **how))

    def revoke_some(self, _after: str | None) -> Mapping[str, Any]:
        """Nothing: who opens the database itself does it page by page, and is not hurried by anybody."""
        return {"revoked": 0, "after": None}


def _fate(arguments: Namespace) -> str:
    if arguments.revoke:
        return "which are revoked"
    return (
        KEPT if arguments.keep_until_expiry else "so this is refused without --revoke or --keep-until-expiry"
    )


def _show(console: Console, seen: Mapping[str, Any], fate: str) -> None:
    for each in seen["changes"]:
        change = Change(**each)
        sign, colour = SIGNS.get(change.kind, ("?", ""))
        words = printable(str(change).removeprefix(f"{change.kind} "))
        console.print(Text(f"{sign} {words}", style=colour), soft_wrap=True)
    for scope, count in seen["in_use"].items():
        console.print(
            f"  {printable(scope)} is held by {plural(count, 'live token')}, {fate}", soft_wrap=True
        )
    if seen["beyond"] and not seen["in_use"]:
        tokens = plural(seen["beyond"], "live token")
        console.print(f"  {tokens} would carry more than their owners may hand out, {fate}", soft_wrap=True)
    if not seen["changes"]:
        console.print("nothing changes")
