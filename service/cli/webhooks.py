"""`safeconduct webhooks`: where the operator's systems are told."""

from argparse import ArgumentParser, Namespace
from typing import Any, Final
from urllib.parse import quote

from service.cli.commands import Commands, add_command, add_group, words
from service.cli.failures import CommandFailed
from service.cli.output import Output, output_of, plural, printable, table
from service.cli.prompts import agree
from service.cli.signed_in import SignedIn
from service.cli.times import minute, when
from service.cli.tokens.options import seconds

WEBHOOKS: Final = "/v1/admin/webhooks"


def add_parser(commands: Commands) -> None:
    group = add_group(commands, "webhooks", help="tell systems of yours what happens to tokens")
    _add_making(group)
    add_command(group, "list", run_list, help="list the webhooks", examples=["safeconduct webhooks list"])
    for name, run, said, example in (
        ("test", run_test, "send it a message of the kind `test`", "safeconduct webhooks test siem"),
        (
            "deliveries",
            run_deliveries,
            "show what was sent to it lately, and what was wrong",
            "safeconduct webhooks deliveries siem",
        ),
        ("remove", run_remove, "send nothing there any more", "safeconduct webhooks remove siem"),
    ):
        parser = add_command(group, name, run, help=said, examples=[example])
        parser.add_argument("webhook", metavar="NAME-OR-ID")
        if name == "remove":
            parser.add_argument("--yes", action="store_true", help="do not ask")


def _add_making(group: Commands) -> None:
    create = add_command(
        group,
        "create",
        run_create,
        help="create a webhook; its secret is shown this once",
        examples=["safeconduct webhooks create siem https://siem.example.com/in --kind token.leaked"],
    )
    create.add_argument("name", metavar="NAME")
    change = add_command(
        group,
        "change",
        run_change,
        help="give a webhook another URL and other kinds; one that had answered 410 is tried again",
        examples=["safeconduct webhooks change siem https://siem.example.com/v2"],
    )
    change.add_argument("webhook", metavar="NAME-OR-ID")
    for parser in (create, change):
        _add_aim(parser)
    rotate = add_command(
        group,
        "rotate",
        run_rotate,
        help="give a webhook a new secret, shown this once; both sign for a while",
        examples=["safeconduct webhooks rotate siem --overlap 1d"],
    )
    rotate.add_argument("webhook", metavar="NAME-OR-ID")
    rotate.add_argument(
        "--overlap", metavar="TIME", type=seconds, default=86_400, help="up to 7d (default: 1d)"
    )


def _add_aim(parser: ArgumentParser) -> None:
    parser.add_argument("to", metavar="URL", help="https; its address must not be a private one")
    parser.add_argument(
        "--kind", metavar="K", action="append", help="of these kinds alone; again, or K,K (default: all)"
    )


def run_create(arguments: Namespace) -> int:
    output, service = output_of(arguments), SignedIn(arguments)
    _show(output, service.ask("POST", WEBHOOKS, {"name": arguments.name, **_aim(arguments)}).body)
    return 0


def run_change(arguments: Namespace) -> int:
    output, service = output_of(arguments), SignedIn(arguments)
    webhook = _find(service, arguments.webhook)
    changed = service.ask("PUT", _path(webhook), _aim(arguments)).body
    _done(output, changed, f"changed {changed['name']}")
    return 0


def run_rotate(arguments: Namespace) -> int:
    output, service = output_of(arguments), SignedIn(arguments)
    webhook = _find(service, arguments.webhook)
    rotated = service.ask("POST", f"{_path(webhook)}/secret", {"overlap": arguments.overlap}).body
    _show(output, rotated)
    if rotated["old_secret_ends_at"] and not output.as_json:
        output.say(f"The old secret signs as well until {when(rotated['old_secret_ends_at'])}.")
    return 0


def run_list(arguments: Namespace) -> int:
    output, service = output_of(arguments), SignedIn(arguments)
    found = service.ask("GET", WEBHOOKS).body
    if output.as_json:
        output.json(found)
        return 0
    rows = table("NAME", "URL", "KINDS", "STATE", yields={1})
    for each in found:
        state = f"answered 410 at {minute(each['disabled_at'])}" if each["disabled_at"] else "enabled"
        rows.add_row(*map(printable, (each["name"], each["url"], " ".join(each["kinds"]) or "all", state)))
    if found:
        output.answers.print(rows)
    output.say(f"{plural(len(found), 'webhook')}.")
    return 0


def run_test(arguments: Namespace) -> int:
    output, service = output_of(arguments), SignedIn(arguments)
    webhook = _find(service, arguments.webhook)
    service.ask("POST", f"{_path(webhook)}/test")
    told = f"on its way; see: safeconduct webhooks deliveries {webhook['name']}"
    _done(output, {"id": webhook["id"], "tested": True}, told)
    return 0


def run_deliveries(arguments: Namespace) -> int:
    output, service = output_of(arguments), SignedIn(arguments)
    found = service.ask("GET", f"{_path(_find(service, arguments.webhook))}/deliveries").body
    if output.as_json:
        output.json(found)
        return 0
    rows = table("WEBHOOK-ID", "STATE", "ATTEMPTS", "NEXT (UTC)", "FAULT", yields={4})
    for each in found:
        following = minute(each["next_attempt_at"]) if each["next_attempt_at"] else "-"
        cells = (each["webhook_id"], each["state"], str(each["attempts"]), following, each["fault"] or "-")
        rows.add_row(*map(printable, cells))
    if found:
        output.answers.print(rows)
    output.say(f"{plural(len(found), 'message')}.")
    return 0


def run_remove(arguments: Namespace) -> int:
    output, service = output_of(arguments), SignedIn(arguments)
    webhook = _find(service, arguments.webhook)
    if not arguments.yes:
        agree(f"Remove the webhook {printable(webhook['name'])}?")
    service.ask("DELETE", _path(webhook))
    _done(output, {"id": webhook["id"], "removed": True}, f"removed {webhook['name']}")
    return 0


def _aim(arguments: Namespace) -> dict[str, Any]:
    return {"url": arguments.to, "kinds": [kind for text in arguments.kind or () for kind in words(text)]}


def _find(service: SignedIn, written: str) -> dict[str, Any]:
    """By id or name. Raises CommandFailed where there is none."""
    for each in service.ask("GET", WEBHOOKS).body:
        if written in {each["id"], each["name"]}:
            return dict(each)
    raise CommandFailed(f"no webhook is called {written!r}")


def _path(webhook: dict[str, Any]) -> str:
    return f"{WEBHOOKS}/{quote(webhook['id'], safe='')}"


def _show(output: Output, made: dict[str, Any]) -> None:
    if output.as_json:
        output.json(made)
        return
    output.value(f"id      {printable(made['id'])}\nsecret  {printable(made['secret'])}")
    output.say("Copy the secret now: it is shown only this once.")


def _done(output: Output, document: dict[str, Any], said: str) -> None:
    if output.as_json:
        output.json(document)
    else:
        output.answers.print(printable(said))
