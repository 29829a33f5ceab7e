"""`safeconduct migrate`: bring the database to the form that this version works with."""

import asyncio
import os
from argparse import Namespace
from collections.abc import Sequence

from service.cli.commands import Commands, add_command
from service.cli.output import output_of, plural
from service.clock import system_clock
from service.settings import Settings
from service.storage import open_storage


def add_parser(commands: Commands) -> None:
    add_command(
        commands,
        "migrate",
        run,
        help="apply the migrations that the configured database lacks",
        more="It opens the database itself (SAFECONDUCT_DATABASE_URL, else SQLite under data/).\n"
        "`safeconduct serve` does the same when it starts.",
        examples=["SAFECONDUCT_DATABASE_URL=postgresql://… safeconduct migrate"],
        connects=False,
    )


def run(arguments: Namespace) -> int:
    output = output_of(arguments)
    settings = Settings.from_env(os.environ)
    ran = asyncio.run(_migrate(settings))
    if output.as_json:
        output.json({"applied": list(ran)})
        return 0
    for name in ran:
        output.answers.print(f"applied {name}")
    output.say("The database is up to date." if not ran else f"{plural(len(ran), 'migration')} applied.")
    return 0


async def _migrate(settings: Settings) -> Sequence[str]:
    storage = await open_storage(settings.effective_database_url, system_clock)
    try:
        return await storage.migrate()
    finally:
        await storage.close()
