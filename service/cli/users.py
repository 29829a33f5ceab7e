"""`safeconduct users`: people, and the one-time links by which they set their password. Rights are in `rights`."""

import contextlib
from argparse import Namespace
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from service.cli.accounts import USERS, find_account
from service.cli.commands import Commands, add_command, add_group, words
from service.cli.contact import add_contact
from service.cli.failures import CommandFailed, Misuse
from service.cli.http_client import Service, ask_with_factor
from service.cli.output import Output, facts, output_of, plural, printable
from service.cli.people import add_people
from service.cli.prompts import agree, ask_new_password, ask_second_factor, ask_secret
from service.cli.rights import add_rights
from service.cli.session_file import write_private
from service.cli.signed_in import SignedIn, explicit_url, save_session, service_of
from service.cli.times import when
from service.domain.contact import LANGUAGES
from service.domain.secret import Secret
from service.domain.user import Role

WELCOME = "/welcome"


def add_parser(commands: Commands) -> None:
    group = add_group(
        commands, "users", help="create and disable people, say what they may; accept a one-time link"
    )
    add_people(group)
    _add_create(group)
    add_command(
        group,
        "accept-link",
        run_accept,
        help="set a password by a one-time link, and sign in",
        more="Link and new password are asked for, or read from the first two lines of standard input.\n"
        "The first administrator's link is what `safeconduct serve` showed.",
        examples=["safeconduct users accept-link", "safeconduct users accept-link --name ann"],
    ).add_argument(
        "--name", metavar="NAME", help="for the first administrator: the user name (default: admin)"
    )
    disable = add_command(
        group,
        "disable",
        run_disable,
        help="disable a person: sessions end, tokens are revoked for good",
        examples=["safeconduct users disable ann"],
    )
    disable.add_argument("user", metavar="NAME-OR-ID")
    disable.add_argument("--yes", action="store_true", help="do not ask")
    reset = add_command(
        group,
        "reset-factors",
        run_reset_factors,
        help="take every second factor from a person who lost them; the password stays",
        more="Make sure first that it is them who ask. Their pages say that it was done.",
        examples=["safeconduct users reset-factors ann"],
    )
    reset.add_argument("user", metavar="NAME-OR-ID")
    reset.add_argument("--yes", action="store_true", help="do not ask")
    add_rights(group)
    add_contact(group)


def _add_create(group: Commands) -> None:
    create = add_command(
        group,
        "create",
        run_create,
        help="create a person; shows the one-time link by which they set their password",
        more="Away from a terminal the link goes into --link-file, or is part of --json.",
        examples=[
            "safeconduct users create ann",
            "safeconduct users create ben --grant embed,dashboard:view --link-file ben.link",
        ],
    )
    create.add_argument("name", metavar="NAME")
    create.add_argument(
        "--role", choices=[str(role) for role in Role], default="user", help="(default: %(default)s)"
    )
    grant = create.add_mutually_exclusive_group()
    grant.add_argument(
        "--grant",
        metavar="SCOPE",
        action="append",
        help="what they may hand out; again, or S,S (default: catalogue's)",
    )
    grant.add_argument("--grant-all", action="store_true", help="they may hand out every scope")
    create.add_argument(
        "--email",
        metavar="ADDRESS",
        help="where the link goes, if the service sends mails, and notices later",
    )
    create.add_argument("--language", choices=LANGUAGES, help="of mails to them (default: en)")
    create.add_argument(
        "--link-file", metavar="FILE", type=Path, help="write the link into this new file (0600)"
    )


def run_create(arguments: Namespace) -> int:
    output = output_of(arguments)
    if not (arguments.link_file or output.as_json or output.to_terminal):
        raise Misuse(
            "a link is for one person's eyes: give --link-file FILE or --json, or run this at a terminal"
        )
    service = SignedIn(arguments)
    body: dict[str, Any] = {"name": arguments.name, "role": arguments.role}
    if arguments.grant_all:
        body["grant"] = "all"
    elif arguments.grant:
        body["grant"] = [scope for text in arguments.grant for scope in words(text)]
    body |= {name: getattr(arguments, name) for name in ("email", "language") if getattr(arguments, name)}
    with _link_file(arguments.link_file) as path:
        made = service.ask("POST", USERS, body).body
        if path and made["invitation"]["mailed"]:
            path.unlink()
        elif path:
            path.write_text(made["invitation"]["link"] + "\n", "utf-8")
    _show_link(output, made, path)
    return 0


@contextlib.contextmanager
def _link_file(path: Path | None) -> Iterator[Path | None]:
    """The file, made before there is a link that could be lost; gone again when there was none."""
    if path is None:
        yield None
        return
    try:
        write_private(path, "")
    except OSError as error:
        raise Misuse(f"cannot write {path}: {error.strerror}") from error
    try:
        yield path
    except BaseException:
        path.unlink()
        raise


def _show_link(output: Output, made: dict[str, Any], path: Path | None) -> None:
    if output.as_json:
        output.json({name: value for name, value in made.items() if name != "invitation" or path is None})
        return
    output.answers.print(facts([("id", made["id"]), ("name", made["name"]), ("role", made["role"])]))
    minutes = made["invitation"]["expires_in"] // 60
    until = f"good once and for {minutes} minutes"
    if made["invitation"]["mailed"]:
        output.say(f"The one-time link, {until}, is on its way by mail.")
    elif path:
        output.say(f"The one-time link, {until}, is in {path}.")
    else:
        output.answers.print(f"\nThe one-time link, {until}:")
        output.value(printable(made["invitation"]["link"]))


def run_accept(arguments: Namespace) -> int:
    output = output_of(arguments)
    base, secret = _read_link(ask_secret("One-time link").reveal().strip())
    service = Service(base) if base and not explicit_url(arguments) else service_of(arguments)
    body = {"secret": secret.reveal(), "password": ask_new_password().reveal()}
    if arguments.name:
        body["name"] = arguments.name
    accept = partial(service.ask, "POST", "/v1/invitations/accept")
    answer = ask_with_factor(accept, body, ask_second_factor)
    session = save_session(service, answer.body)
    if output.as_json:
        output.json({"url": session.url, "user": answer.body["user"], "expires_at": session.expires_at})
    else:
        output.say(
            f"Password set. Signed in at {session.url} as {session.user}, until {when(session.expires_at)}."
        )
    return 0


def _read_link(link: str) -> tuple[str, Secret]:
    """Where the link leads, and its secret. The bare secret is taken as well; it leads nowhere.

    Raises:
        CommandFailed: it is no such link.
    """
    before, _, fragment = link.rpartition("#")
    if not fragment or (before and not before.endswith(WELCOME)):
        raise CommandFailed("that is no one-time link: it looks like https://tokens.example.com/welcome#…")
    return before.removesuffix(WELCOME), Secret(fragment)


def run_disable(arguments: Namespace) -> int:
    output, service = output_of(arguments), SignedIn(arguments)
    user_id, name = find_account(service, arguments.user)
    if not arguments.yes:
        agree(f"Disable {name}, end their sessions and revoke all their tokens for good?")
    disabled = service.ask("POST", f"{USERS}/{user_id}/disable").body
    if output.as_json:
        output.json(disabled)
    else:
        output.answers.print(f"disabled {name}; {plural(disabled['revoked_values'], 'token value')} revoked")
    return 0


def run_reset_factors(arguments: Namespace) -> int:
    output, service = output_of(arguments), SignedIn(arguments)
    user_id, name = find_account(service, arguments.user)
    if not arguments.yes:
        agree(f"Take every second factor from {name}, who then signs in by the password alone?")
    reset = service.ask("DELETE", f"{USERS}/{user_id}/second-factors").body
    if output.as_json:
        output.json(reset)
    else:
        output.answers.print(f"removed {plural(reset['removed'], 'second factor')} of {name}")
    return 0
