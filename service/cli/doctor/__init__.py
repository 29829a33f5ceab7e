"""`safeconduct doctor`: look over this machine's deployment, and say what to do about what is wrong."""

import asyncio
import os
from argparse import Namespace
from collections.abc import Sequence
from typing import Final

from rich.text import Text

from service.cli.commands import Commands, add_command
from service.cli.doctor.addresses import look_at_addresses
from service.cli.doctor.database import look_at_database
from service.cli.doctor.files import look_at_files
from service.cli.doctor.finding import Finding, State
from service.cli.doctor.mail import look_at_mail
from service.cli.output import Output, output_of, plural, printable
from service.settings import Settings

STYLES: Final = {State.OK: "green", State.WARN: "yellow", State.FAIL: "bold red"}


def add_parser(commands: Commands) -> None:
    add_command(
        commands,
        "doctor",
        run,
        help="look over database, keys, clock, files, addresses and mail server of this deployment",
        more="It reads the SAFECONDUCT_ variables as `safeconduct serve` does, beside a service that runs or without.\n"
        "It changes nothing. Exit code 0: nothing failed; 1: something did; 2: the settings are wrong.",
        examples=["safeconduct doctor", "safeconduct doctor --json"],
        connects=False,
    )


def run(arguments: Namespace) -> int:
    output, settings = output_of(arguments), Settings.from_env(os.environ)
    findings = [
        *look_at_files(settings),
        *asyncio.run(look_at_database(settings)),
        *look_at_addresses(settings),
        *asyncio.run(look_at_mail(settings)),
    ]
    if output.as_json:
        output.json({"checks": [each.to_json() for each in findings]})
    else:
        _show(output, findings)
    return 1 if any(each.state is State.FAIL for each in findings) else 0


def _show(output: Output, findings: Sequence[Finding]) -> None:
    for finding in findings:
        line = Text(f"{finding.state:<5}", style=STYLES[finding.state])
        line.append(f"{finding.about:<14}", style="dim").append(printable(finding.said), style="default")
        output.answers.print(line, soft_wrap=True)
        if finding.advice:
            output.answers.print(f"{'':19}{printable(finding.advice)}", soft_wrap=True)
    failed = sum(each.state is State.FAIL for each in findings)
    warned = sum(each.state is State.WARN for each in findings)
    output.say(f"{plural(len(findings), 'check')}: {failed} failed, {plural(warned, 'warning')}.")
