"""How commands are declared: each with its help, an example, and the options that all of them share."""

import argparse
from collections.abc import Callable, Generator, Sequence
from typing import Any, NoReturn, TypeAlias

from service.redaction import redact

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"  # noqa: SLF001 - it has no public name
Run = Callable[[argparse.Namespace], int]


class HelpFormatter(argparse.RawDescriptionHelpFormatter):
    """Keeps the lines of descriptions and examples, and gives names room beside their help."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, max_help_position=28)

    def _iter_indented_subactions(self, action: argparse.Action) -> Generator[argparse.Action]:
        """Commands in line with their heading: argparse forgets their indent when it measures their names."""
        yield from getattr(action, "_choices_actions", ())


class CommandParser(argparse.ArgumentParser):
    """Takes no abbreviated options: a script that used one would break when a longer one is added."""

    def __init__(self, **settings: Any) -> None:
        settings.setdefault("formatter_class", HelpFormatter)
        super().__init__(allow_abbrev=False, **settings)

    def error(self, message: str) -> NoReturn:
        """A word in the wrong place may have been a secret."""
        super().error(redact(message))


def add_group(commands: Commands, name: str, *, help: str) -> Commands:  # noqa: A002 - argparse's own word
    """A word like `tokens` that stands before its commands."""
    group = commands.add_parser(name, help=help, description=_sentence(help))
    group.set_defaults(run=show_help(group))
    return group.add_subparsers(title="commands", metavar="COMMAND")


def add_command(
    commands: Commands,
    name: str,
    run: Run,
    *,
    help: str,  # noqa: A002 - argparse's own word
    more: str = "",
    examples: Sequence[str],
    connects: bool = True,
) -> argparse.ArgumentParser:
    """A command; `more` is what its --help says beyond the line that stands in the list of commands."""
    parser = commands.add_parser(
        name,
        help=help,
        description=_sentence(help) + (f"\n\n{more}" if more else ""),
        epilog="\n".join(
            ["examples:" if len(examples) > 1 else "example:", *(f"  {line}" for line in examples)]
        ),
    )
    parser.set_defaults(run=run, parser=parser)
    if connects:
        parser.add_argument("--url", help="where the service is (SAFECONDUCT_URL; else where you signed in)")
    add_output_options(parser)
    return parser


def add_output_options(parser: argparse.ArgumentParser) -> None:
    """Options with no default of their own, so that they may stand before the command as well."""
    silent = argparse.SUPPRESS
    parser.add_argument(
        "--json", action="store_true", default=silent, help="print the answer as JSON, for scripts"
    )
    parser.add_argument(
        "--no-color", action="store_true", default=silent, help="no colour (as does NO_COLOR)"
    )
    parser.add_argument(
        "--debug", action="store_true", default=silent, help="show where an unexpected error came from"
    )


def words(text: str) -> list[str]:
    """An option's value that may hold several, split at commas."""
    return [word.strip() for word in text.split(",") if word.strip()]


def _sentence(text: str) -> str:
    return text[0].upper() + text[1:] + "."


def show_help(parser: argparse.ArgumentParser) -> Run:
    """What is run where a command is missing: its help, and the exit code of a usage error."""

    def run(_arguments: argparse.Namespace) -> int:
        parser.print_help()
        return 2

    return run
