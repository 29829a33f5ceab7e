"""`safeconduct tokens check`: what a token is, whether it holds, and why not."""

from argparse import Namespace
from typing import Any, Final

from rich.text import Text
from safeconduct.examine import bare, examine
from safeconduct.explain import Explanation

from service.cli.commands import Commands, add_command
from service.cli.failures import CommandFailed, Problem, Unreachable
from service.cli.output import Output, facts, output_of, printable
from service.cli.prompts import ask_secret
from service.cli.signed_in import SignedIn, service_of
from service.cli.tokens.ids import TOKENS
from service.cli.tokens.refusals import WORDS
from service.cli.tokens.words import card
from service.clock import system_clock

HOLDS: Final = 0
REFUSED: Final = 1
UNTOLD: Final = 3
"""Exit codes."""

_MARKS: Final = {True: ("yes", "green"), False: ("NO", "red"), None: ("-", "dim")}


def add_check(group: Commands) -> None:
    parser = add_command(
        group,
        "check",
        run_check,
        help="say what a token is, whether it holds, and why not",
        more="The token is asked for, or read from the first line of standard input; Bearer may stand before it.\n"
        "It is judged as an API judges it: by the published keys and signed lists of the service at --url.\n"
        "Who is signed in there hears besides what the service knows of a token of theirs. To check a token\n"
        "is no use of it.\n"
        "Exit code 0: it holds; 1: it does not; 3: it could not be told.",
        examples=[
            "safeconduct tokens check --url https://tokens.example.com",
            "safeconduct tokens check --scope company:view --json < token-file",
        ],
    )
    parser.add_argument(
        "--audience", metavar="A", help="the API that judges it (default: any of the token's)"
    )
    parser.add_argument(
        "--scope", metavar="S", help="what the API demands; several with a space between them"
    )
    parser.add_argument("--from-ip", metavar="ADDRESS", help="from where it is used (default: a good place)")


def run_check(arguments: Namespace) -> int:
    output = output_of(arguments)
    token = bare(ask_secret("Token").reveal())
    explanation = examine(
        service_of(arguments).url,
        token,
        audience=arguments.audience,
        scope=arguments.scope,
        client_address=arguments.from_ip,
    )
    known = _known(token, arguments)
    if output.as_json:
        output.json({**explanation.to_json(), "service": known})
    else:
        _show(output, explanation, known)
    if explanation.holds is None and known is None:
        return UNTOLD
    holds = explanation.holds is not False and (known is None or known["holds"])
    return HOLDS if holds else REFUSED


def _known(token: str, arguments: Namespace) -> dict[str, Any] | None:
    """What the service says to who is signed in there; None to all others, and of what is not theirs."""
    try:
        said: dict[str, Any] = SignedIn(arguments).ask("POST", f"{TOKENS}/check", {"token": token}).body
    except (Problem, Unreachable, CommandFailed):
        return None
    return said if said["known"] else None


def _show(output: Output, explanation: Explanation, known: dict[str, Any] | None) -> None:
    style = _MARKS[explanation.holds][1]
    output.answers.print(Text(explanation.verdict, style=f"bold {style}"))
    if explanation.says:
        output.answers.print("\nIt says of itself:")
        output.answers.print(facts(explanation.says))
    output.answers.print("\nAs an API judges it:")
    rows = [(f"{_MARKS[each.holds][0]:3} {each.about}", each.words) for each in explanation.findings]
    output.answers.print(facts(rows))
    if known is None:
        return
    reason = known["reason"]
    verdict = "it is honoured" if known["holds"] else f"it is not honoured: {WORDS.get(reason, reason)}"
    output.answers.print(f"\nThe service knows it: {printable(verdict)}")
    output.answers.print(card(known["token"], system_clock()))
