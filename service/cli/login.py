"""`safeconduct login`, `logout`, `whoami`."""

from argparse import Namespace
from contextlib import suppress
from functools import partial
from typing import Any

from service.cli.commands import Commands, add_command
from service.cli.failures import Misuse, SessionNeeded
from service.cli.http_client import ask_with_factor
from service.cli.output import facts, output_of
from service.cli.prompts import ask_name, ask_second_factor, ask_secret
from service.cli.signed_in import SignedIn, save_session, service_of, session_file
from service.cli.times import when


def add_parser(commands: Commands) -> None:
    login = add_command(
        commands,
        "login",
        run_login,
        help="sign in and keep the session",
        more="The password is asked for, or read from the first line of standard input; the code of a second factor,\n"
        "where the account has one, likewise from the second.\n"
        "The session ends by itself after an hour, or with `safeconduct logout`.",
        examples=[
            "safeconduct login ann --url https://tokens.example.com",
            "safeconduct login ann < password-file",
        ],
    )
    login.add_argument("name", metavar="NAME", nargs="?", help="your user name; asked for when left out")
    add_command(
        commands,
        "logout",
        run_logout,
        help="end the session, here and on the service",
        examples=["safeconduct logout"],
    )
    add_command(
        commands,
        "whoami",
        run_whoami,
        help="show who is signed in, where and until when",
        examples=["safeconduct whoami --json"],
    )


def run_login(arguments: Namespace) -> int:
    output = output_of(arguments)
    service = service_of(arguments)
    known = session_file().load()
    name = arguments.name or ask_name(known.user if known else None)
    if not name:
        raise Misuse("no name was given")
    password = ask_secret(f"Password of {name}")
    answer = ask_with_factor(
        partial(service.ask, "POST", "/v1/session"),
        {"name": name, "password": password.reveal()},
        ask_second_factor,
    )
    session = save_session(service, answer.body)
    if output.as_json:
        output.json({"url": session.url, "user": answer.body["user"], "expires_at": session.expires_at})
    else:
        output.say(f"Signed in at {session.url} as {session.user}, until {when(session.expires_at)}.")
    return 0


def run_logout(arguments: Namespace) -> int:
    output = output_of(arguments)
    file = session_file()
    if file.load() is None:
        output.say("Nobody was signed in.")
        return 0
    session = SignedIn(arguments)
    with suppress(SessionNeeded):  # it has ended already
        session.ask("DELETE", "/v1/session")
    file.remove()
    output.say("Signed out.")
    return 0


def run_whoami(arguments: Namespace) -> int:
    output = output_of(arguments)
    service = SignedIn(arguments)
    me = service.ask("GET", "/v1/me").body
    if output.as_json:
        output.json(me)
        return 0
    rows = [
        ("name", me["name"]),
        ("id", me["id"]),
        ("role", me["role"]),
        ("may hand out", _grant(me["grant"])),
        ("service", service.service.url),
        ("session until", when(me["session"]["expires_at"])),
    ]
    output.answers.print(facts(rows))
    return 0


def _grant(grant: dict[str, Any]) -> str:
    return "everything" if grant["kind"] == "all" or grant["scopes"] is None else " ".join(grant["scopes"])
