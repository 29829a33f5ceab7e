"""The command `safeconduct`. One module a command group; exit codes are in `failures`."""

import contextlib
import importlib
import os
import sys
import traceback
from argparse import Namespace
from collections.abc import Sequence
from importlib.metadata import version
from typing import Final

from service.cli.commands import CommandParser, add_output_options, show_help
from service.cli.failures import CommandFailed, Misuse
from service.cli.output import printable
from service.redaction import redact

MODULES: Final = {
    "serve": "serve",
    "migrate": "migrate",
    "recover": "recover",
    "apply": "apply",
    "login": "login",
    "logout": "login",
    "whoami": "login",
    "tokens": "tokens",
    "inventory": "inventory",
    "users": "users",
    "machines": "machines",
    "clients": "clients",
    "keys": "keys",
    "permissions": "permissions",
    "doctor": "doctor",
    "leaks": "leaks",
    "webhooks": "webhooks",
    "mail": "mail",
}
"""Which module declares which command."""

INTERRUPTED: Final = 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and answer its exit code. Expected failures are told in a line each, never by a traceback."""
    words = list(sys.argv[1:] if argv is None else argv)
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(AttributeError):
            stream.reconfigure(errors="replace")  # type: ignore[union-attr]  # a test's stream may be another kind
    try:
        code = _run(words)
        sys.stdout.flush()
    except KeyboardInterrupt:
        print(file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:  # the reader has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except Exception as error:  # noqa: BLE001 - the last resort: one line, no traceback
        return _refused(error) or _unexpected(error, debug="--debug" in words)
    return code


def _run(words: Sequence[str]) -> int:
    try:
        arguments = _read(words)
        code: int = arguments.run(arguments)
    except SystemExit as exit_:  # argparse: --help, or a command line that it does not understand
        return exit_.code if isinstance(exit_.code, int) else 1
    except CommandFailed as failure:
        return _tell(failure.lines, failure.exit_code)
    return code


def _read(words: Sequence[str]) -> Namespace:
    parser = _parser(words)
    if any("\udc80" <= character <= "\udcff" for word in words for character in word):
        parser.error(
            "the command line is not UTF-8"
        )  # what Python could not decode stands as half a character
    arguments, unknown = parser.parse_known_args(words)
    if unknown:
        getattr(arguments, "parser", parser).error(_without_values(unknown))
    return arguments


def _without_values(unknown: Sequence[str]) -> str:
    """What the command line has too much of, without repeating it: it may have been meant as a secret."""
    options = [word.partition("=")[0] for word in unknown if word.startswith("-")]
    what = (
        f"no such option: {' '.join(options)}" if options else f"{len(unknown)} more than are expected here"
    )
    return f"{what} (passwords and links are asked for, never given here)"


def _parser(words: Sequence[str]) -> CommandParser:
    parser = CommandParser(
        prog="safeconduct",
        description="Personal access tokens as signed JWTs that can be revoked one by one.",
        epilog="safeconduct COMMAND --help says more of each, with an example.",
    )
    parser.add_argument("--version", action="version", version=version("safeconduct-service"))
    add_output_options(parser)
    parser.set_defaults(run=show_help(parser))
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")
    for module in _modules(words):
        importlib.import_module(f"service.cli.{module}").add_parser(commands)
    return parser


def _modules(words: Sequence[str]) -> Sequence[str]:
    """The named command's module alone, because loading all of them takes ten times as long; else all."""
    command = next((word for word in words if not word.startswith("-")), "")
    return [MODULES[command]] if command in MODULES else list(dict.fromkeys(MODULES.values()))


def _tell(lines: Sequence[str], code: int) -> int:
    for number, line in enumerate(lines):
        print(printable(redact(line if number else f"safeconduct: {line}")), file=sys.stderr)
    return code


def _refused(error: Exception) -> int | None:
    """The exit code for what commands that work without the service may meet; None for anything else."""
    from safeconduct.errors import SafeconductError  # noqa: PLC0415 - a third of every command's time to start

    from service.settings import SettingsInvalid  # noqa: PLC0415 - as above

    match error:
        case SettingsInvalid():
            return _tell(error.faults, Misuse.exit_code)
        case SafeconductError():
            first, *others = str(error).splitlines() or ["refused"]
            return _tell([f"{first} ({error.code})", *others], CommandFailed.exit_code)
        case OSError():  # a port that is taken, a disk that is full
            return _tell([str(error)], CommandFailed.exit_code)
    return None


def _unexpected(error: Exception, *, debug: bool) -> int:
    if debug:
        traceback.print_exception(error)
    hint = "" if debug else "; --debug shows where"
    return _tell([f"unexpected {type(error).__name__}{hint}"], CommandFailed.exit_code)
