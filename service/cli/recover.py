"""`safeconduct recover`: go on after a restore without taking back what was published."""

import asyncio
import os
from argparse import Namespace
from dataclasses import asdict

from service.application.recover import Recovered
from service.cli.commands import Commands, add_command
from service.cli.output import Output, output_of, plural
from service.cli.prompts import agree
from service.clock import system_clock
from service.settings import Settings
from service.wiring.recovery import recover


def add_parser(commands: Commands) -> None:
    parser = add_command(
        commands,
        "recover",
        run,
        help="after a restore: revoke again what was revoked, and begin a new history",
        more="It opens the database itself; with SQLite the service must be stopped. It reads what was published from\n"
        "the data folder, so run it on a machine whose folder is older than nothing that was restored. Tokens made\n"
        "after the backup are refused everywhere from then on; all sessions end.",
        examples=["safeconduct recover --dry-run", "safeconduct recover"],
        connects=False,
    )
    parser.add_argument(
        "--dry-run", action="store_true", help="only say what is lost, and what would be done"
    )
    parser.add_argument("--yes", action="store_true", help="do not ask")


def run(arguments: Namespace) -> int:
    output, settings = output_of(arguments), Settings.from_env(os.environ)
    if arguments.dry_run or not arguments.yes:
        _show(output, asyncio.run(recover(settings, system_clock, dry_run=True)), would=True)
        if arguments.dry_run:
            return 0
        agree("Recover?")
    _show(output, asyncio.run(recover(settings, system_clock)), would=False)
    return 0


def _show(output: Output, told: Recovered, *, would: bool) -> None:
    if output.as_json:
        output.json(asdict(told) | {"dry_run": would})
        return
    will = "would be " if would else ""
    for name, count in told.lost.items():
        output.answers.print(f"lost: {name} is behind by {count}")
    if not told.lost:
        output.answers.print("nothing is known to be lost")
    output.answers.print(f"{plural(told.revoked, 'value')} {will}revoked again, from lists that we signed")
    if told.paused:
        output.answers.print(f"{plural(told.paused, 'paused value')} work again: look at them")
    output.answers.print(
        f"{plural(told.lists + told.found_again, 'status list')} {will}closed, {told.found_again} of them found again"
    )
    if not would:
        output.answers.print(f"{plural(told.sessions, 'session')} ended; epoch {told.epoch} begins")
