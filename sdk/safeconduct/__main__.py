"""python -m safeconduct: `check` a token, `probe` an API. No secret is ever an argument."""

import getpass
import json
import sys
from argparse import ArgumentParser, RawDescriptionHelpFormatter

from safeconduct.errors import SafeconductError
from safeconduct.examine import bare, run_check
from safeconduct.explain import Explanation
from safeconduct.probe import Report, run_probe

try:
    from safeconduct.rich_tables import show
except ImportError:  # without the extra `cli`
    from safeconduct.tables import show

HOLDS, REFUSED, UNTOLD = 0, 1, 3


def main() -> int:
    """Exit code: 0 it holds, 1 it does not, 3 it could not be told."""
    arguments = _parser().parse_args()
    try:
        result: Explanation | Report
        if arguments.command == "check":
            result = run_check(arguments, bare(_secret("Token")))
        else:
            result = run_probe(arguments, bare(_secret("Session or token that may make tokens")))
    except SafeconductError as error:
        sys.stderr.write(f"{error}\n")
        return UNTOLD
    if arguments.json:
        sys.stdout.write(f"{json.dumps(result.to_json(), indent=2)}\n")
    else:
        show(result)
    return UNTOLD if result.holds is None else HOLDS if result.holds else REFUSED


def _parser() -> ArgumentParser:
    parser = ArgumentParser("python -m safeconduct", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    check = commands.add_parser("check", help="say what a token is, and why it holds or does not")
    _with_issuer(check)
    check.add_argument("--scope", help="what the API demands; several with a space between them")
    check.add_argument("--from-ip", metavar="ADDRESS", help="from where it is used (default: a good place)")
    probe = commands.add_parser(
        "probe",
        help="show a live API canary tokens, good and bad ones, and say what it does",
        formatter_class=RawDescriptionHelpFormatter,
        description="Makes short-lived tokens at the issuer and revokes them. URL is asked by GET: a path that\n"
        "answers 401 or 403 to a bad token, and anything else to a good one.",
    )
    probe.add_argument("url", metavar="URL")
    _with_issuer(probe)
    probe.add_argument("--scope", required=True, help="what URL demands; several with a space between them")
    probe.add_argument("--other-scope", metavar="SCOPE", help="one that is not enough for URL")
    probe.add_argument(
        "--wait", type=int, default=1000, metavar="SECONDS", help="for a revocation to be noticed"
    )
    return parser


def _with_issuer(parser: ArgumentParser) -> None:
    parser.add_argument("--issuer", required=True, metavar="URL")
    parser.add_argument("--audience", metavar="A", help="the API's name in tokens")
    parser.add_argument("--json", action="store_true", help="one JSON document")


def _secret(prompt: str) -> str:
    """From a prompt without echo, or from the first line of standard input."""
    return getpass.getpass(f"{prompt}: ") if sys.stdin.isatty() else sys.stdin.readline()


if __name__ == "__main__":
    sys.exit(main())
