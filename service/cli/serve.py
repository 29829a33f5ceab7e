"""`safeconduct serve`: run the service until it is told to stop."""

import argparse
import asyncio
import gc
import os
import signal
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from rich.console import Console

from keys import MasterKeys
from service.api.routes import GATEWAY_ROUTES
from service.cli.failures import CommandFailed, Misuse
from service.cli.workers import supervise
from service.clock import system_clock
from service.logs import set_up_logs
from service.master_key import read_master_key
from service.settings import PREFIX, Settings, SettingsInvalid
from service.web.app import create_app
from service.web.links import invitation_link
from service.web.server import Server
from service.web.services import Services
from service.wiring import Opened, open_services
from service.wiring.faces import application, build_contracts

LINK_FILE = "first-admin-link"
MOST_WORKERS: Final = 64


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser(
        "serve",
        help="run the service",
        description="Run the service. SAFECONDUCT_… variables set everything; with none set, it keeps its "
        "database and keys under data/ and listens on http://localhost:8080.",
        epilog="example:  SAFECONDUCT_PORT=9000 SAFECONDUCT_ISSUER=http://localhost:9000 safeconduct serve",
    )
    parser.add_argument(
        "--workers",
        type=int,
        default=1,
        metavar="N",
        help="so many processes that share the port, on PostgreSQL alone (default: %(default)s)",
    )
    parser.add_argument("--worker", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--leash", type=int, help=argparse.SUPPRESS)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    settings = Settings.from_env(os.environ)
    set_up_logs(settings)
    if arguments.workers != 1:
        return _run_workers(settings, arguments.workers)
    masters = read_master_key(settings)
    place = Place(arguments.worker, arguments.leash)
    with _loop_runner() as runner:
        runner.run(_serve(settings, masters, place))
    return 0


@dataclass(frozen=True, slots=True)
class Place:
    """Which of several workers this process is, and the pipe that tells it when they are over; None: it is alone."""

    worker: int | None
    leash: int | None


def _run_workers(settings: Settings, count: int) -> int:
    if not 1 <= count <= MOST_WORKERS:
        raise Misuse(f"--workers: 1 to {MOST_WORKERS}")
    if settings.uses_sqlite:
        raise Misuse("--workers: SQLite serves one process; set SAFECONDUCT_DATABASE_URL to a PostgreSQL")
    read_master_key(settings)  # what is wrong with it is told once
    try:
        return asyncio.run(supervise(settings, count))
    except OSError as error:
        raise CommandFailed(f"cannot listen on {settings.host}:{settings.port}: {error.strerror}") from error


def _loop_runner() -> asyncio.Runner:
    with suppress(ImportError):
        import uvloop  # noqa: PLC0415 - absent where it does not build

        return asyncio.Runner(loop_factory=uvloop.new_event_loop)
    return asyncio.Runner()


async def _serve(settings: Settings, masters: MasterKeys | None, place: Place) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)
    if place.leash is not None:
        loop.add_reader(place.leash, stop.set)
    async with open_services(settings, system_clock, masters=masters) as opened:
        if (fault := await opened.services.publication.fault()) is not None:
            raise SettingsInvalid([f"{PREFIX}REDIS_URL: {fault}"])
        servers = _servers(opened.services, shares_port=place.worker is not None)
        for server in servers:
            await server.start()
        _settle_memory()
        jobs = [
            asyncio.create_task(opened.housekeeping.run(), name="housekeeping"),
            asyncio.create_task(opened.services.publication.run(), name="publication"),
            asyncio.create_task(opened.post.run(), name="post"),
        ]
        try:
            if not place.worker:
                await _announce(settings, opened)
            await stop.wait()
        finally:
            opened.services.readiness.stopping = True
            await asyncio.gather(*(server.stop() for server in servers))
            for job in jobs:
                job.cancel()
            await asyncio.gather(*jobs, return_exceptions=True)
            await opened.housekeeping.finish()


def _servers(services: Services, *, shares_port: bool) -> list[Server]:
    """For everybody, and for the gateway alone where it has a listener of its own."""
    build_contracts(services.settings)
    servers = [Server(application(services), shares_port=shares_port)]
    if (at := services.settings.gateway_address) is not None:
        servers.append(Server(create_app(services, GATEWAY_ROUTES), at=at, shares_port=shares_port))
    return servers


async def _announce(settings: Settings, opened: Opened) -> None:
    """Say where it serves, and how the first administrator gets in: to a terminal, else in a 0600 file."""
    say = Console(stderr=True, highlight=False)
    say.print(f"Safeconduct serves {settings.issuer} (listening on {settings.host}:{settings.port})")
    secret = await opened.services.invitations.for_first_administrator()
    if secret is None:
        return
    link = invitation_link(settings.issuer, secret)
    minutes = settings.invitation_lifetime // 60
    if sys.stderr.isatty():
        say.print(
            f"\nOpen this one-time link within {minutes} minutes to set the first administrator's password:"
        )
        say.print(f"  {link}", style="bold", soft_wrap=True)
        return
    path = settings.data_dir / LINK_FILE
    _write_private(path, link + "\n")
    say.print(
        f"First administrator: a one-time link, good for {minutes} minutes, is in {path}", soft_wrap=True
    )


def _write_private(path: Path, text: str) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)
    fresh.replace(path)


def _settle_memory() -> None:
    """What a start has made stays: the collector need not look at it again, nor look for rubbish so often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 50)
