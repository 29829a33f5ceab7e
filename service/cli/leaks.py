"""`safeconduct leaks pattern`: how scanners of source code tell a token of ours."""

import json
from argparse import Namespace
from typing import Any, Final

from safeconduct import base64url

from keys import ALGORITHMS
from service.cli.commands import Commands, add_command, add_group
from service.cli.output import output_of
from service.domain.reference import PATTERN, PREFIX

_REST: Final = r"[A-Za-z0-9_-]{40,120}\.[A-Za-z0-9_-]{100,}\.[A-Za-z0-9_-]{80,600}"
"""Go's regular expressions, which gitleaks and trufflehog use, count to 1,000 at most."""
_TITLE: Final = "Safeconduct personal access token"


def add_parser(commands: Commands) -> None:
    group = add_group(commands, "leaks", help="find tokens where they do not belong")
    parser = add_command(
        group,
        "pattern",
        run,
        help="print the rule for a scanner of source code",
        more="The first characters of a token are the same for every token of one algorithm: its header's.\n"
        f"A short reference begins with {PREFIX} and ends with a check of itself.",
        examples=[
            "safeconduct leaks pattern",
            "safeconduct leaks pattern --format gitleaks >> .gitleaks.toml",
            "safeconduct leaks pattern --format trufflehog > trufflehog.yaml",
        ],
        connects=False,
    )
    parser.add_argument(
        "--format",
        choices=sorted(FORMATS),
        default="github",
        help="for which scanner (github: a custom pattern)",
    )


def run(arguments: Namespace) -> int:
    output = output_of(arguments)
    if output.as_json:
        output.json({"pattern": pattern(), "prefixes": prefixes()})
    else:
        output.value(FORMATS[arguments.format]())
    return 0


def prefixes() -> list[str]:
    """The constant beginning of a token, one for each algorithm, cut to whole groups of three bytes."""
    return [_constant(algorithm) for algorithm in ALGORITHMS]


def pattern() -> str:
    """A regular expression that every token and short reference matches as a whole, and hardly anything else."""
    return f"(?:(?:{'|'.join(prefixes())}){_REST}|{PATTERN})"


def _constant(algorithm: str) -> str:
    header = json.dumps({"alg": algorithm, "typ": "at+jwt", "kid": ""}, separators=(",", ":"))
    known = header[: -len('"}')].encode()
    return base64url.encode(known[: len(known) // 3 * 3])


def _github() -> str:
    return pattern()


def _gitleaks() -> str:
    keywords = ", ".join(json.dumps(prefix.lower()) for prefix in (*prefixes(), PREFIX))
    return "\n".join(
        [
            "[[rules]]",
            'id = "safeconduct-token"',
            f"description = {json.dumps(_TITLE)}",
            f"regex = '''{pattern()}'''",
            f"keywords = [{keywords}]",
        ]
    )


def _trufflehog() -> str:
    document: dict[str, Any] = {
        "detectors": [
            {"name": _TITLE, "keywords": [*prefixes(), PREFIX], "regex": {"token": f"({pattern()})"}}
        ]
    }
    return json.dumps(document, indent=2)  # JSON is YAML


FORMATS: Final = {"github": _github, "gitleaks": _gitleaks, "trufflehog": _trufflehog}
