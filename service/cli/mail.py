"""`safeconduct mail test`: whether mails arrive, and if not, why."""

import asyncio
import os
import secrets
from argparse import Namespace

from service.application.send_notices import Undelivered
from service.cli.commands import Commands, add_command, add_group
from service.cli.failures import CommandFailed, Misuse
from service.cli.output import output_of, printable
from service.clock import system_clock
from service.domain.contact import LANGUAGES, email_of
from service.domain.errors import Fault
from service.sending.letter import Sender, letter_that_tests
from service.sending.mime import mail_of
from service.sending.smtp import hand_over, leave
from service.settings import Settings
from service.wiring.notices import mail_server_of, stationery_of


def add_parser(commands: Commands) -> None:
    group = add_group(commands, "mail", help="see whether mails are sent")
    test = add_command(
        group,
        "test",
        run,
        help="send one mail by the configured server, now, and say what is wrong if it cannot be",
        more="It reads the SAFECONDUCT_ variables as `safeconduct serve` does, and needs no service that runs.",
        examples=["safeconduct mail test you@example.com"],
        connects=False,
    )
    test.add_argument("address", metavar="ADDRESS")
    test.add_argument("--language", choices=LANGUAGES, default=LANGUAGES[0], help="(default: %(default)s)")


def run(arguments: Namespace) -> int:
    output, settings, faults = output_of(arguments), Settings.from_env(os.environ), list[Fault]()
    if not settings.smtp_host:
        raise Misuse("SAFECONDUCT_SMTP_HOST is not set: no mails are sent")
    address = email_of(arguments.address, faults)
    if address is None:
        raise Misuse(f"{arguments.address!r} is no e-mail address")
    try:
        asyncio.run(_send(settings, address, arguments.language))
    except Undelivered as undelivered:
        raise CommandFailed(str(undelivered)) from None
    if output.as_json:
        output.json({"to": address, "sent": True})
    else:
        output.answers.print(printable(f"{settings.smtp_host} has taken a mail to {address}"))
    return 0


async def _send(settings: Settings, address: str, language: str) -> None:
    server, paper = mail_server_of(settings), stationery_of(settings)
    letter = letter_that_tests(language, Sender(paper.issuer, paper.brand))
    mail = mail_of(letter, address, paper, mail_id=secrets.token_hex(16), now=system_clock())
    client = await server.connect()
    try:
        await hand_over(client, mail, server.place)
    finally:
        await leave(client)
