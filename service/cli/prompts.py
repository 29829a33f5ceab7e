"""Questions: at a terminal, or answered by the lines of standard input. Never by argv, never echoed."""

import getpass
import sys
import warnings

from service.cli.failures import CommandFailed, Misuse
from service.domain.secret import Secret

MOST = 8_192
"""Bytes of an answer: more than any password, link or name."""


def at_terminal() -> bool:
    return sys.stdin.isatty()


def ask_secret(what: str) -> Secret:
    """Typed without echo at a terminal; else the next line of standard input.

    Raises:
        Misuse: nothing is there, or it is no text.
    """
    if not at_terminal():
        return Secret(_next_line(what))
    with warnings.catch_warnings():
        warnings.simplefilter("error", getpass.GetPassWarning)  # it would go on and echo
        try:
            answer = getpass.getpass(f"{what}: ")
        except (EOFError, getpass.GetPassWarning):
            raise Misuse(
                f"the {what.lower()} cannot be asked for here; give it as a line of standard input"
            ) from None
    if not answer:
        raise Misuse(f"no {what.lower()} was given")
    return Secret(answer)


def ask_second_factor() -> dict[str, str]:
    """The member that says it: six digits are a code by time, anything else one of the recovery codes."""
    code = ask_secret("Code of your authenticator app, or a recovery code").reveal().replace(" ", "")
    return {"totp" if code.isdecimal() else "recovery_code": code}


def ask_new_password() -> Secret:
    """Twice at a terminal, so that a slip is seen.

    Raises:
        CommandFailed: the two differ.
    """
    password = ask_secret("New password")
    if at_terminal() and ask_secret("Once more").reveal() != password.reveal():
        raise CommandFailed("the two passwords differ; nothing was changed")
    return password


def ask_name(suggestion: str | None) -> str:
    """Raises Misuse away from a terminal, where standard input is for secrets."""
    if not at_terminal():
        raise Misuse("say the name: safeconduct login NAME")
    return _question("Name" + (f" [{suggestion}]: " if suggestion else ": ")) or suggestion or ""


def agree(question: str) -> None:
    """Let a person say yes.

    Raises:
        CommandFailed: they did not.
        Misuse: there is nobody to ask.
    """
    if not at_terminal():
        raise Misuse("nobody can be asked here; --yes goes ahead without")
    if _question(f"{question} [y/N] ").lower() not in {"y", "yes"}:
        raise CommandFailed("nothing was changed")


def _question(text: str) -> str:
    sys.stderr.write(text)
    sys.stderr.flush()
    return sys.stdin.readline(MOST).strip()


def _next_line(what: str) -> str:
    try:
        line = sys.stdin.buffer.readline(MOST + 2).decode().removesuffix("\n").removesuffix("\r")
    except UnicodeDecodeError:
        raise Misuse(f"the {what.lower()} on standard input is not UTF-8") from None
    if not line or len(line) > MOST:
        raise Misuse(f"the {what.lower()} is expected as a line of standard input, or at a terminal")
    return line
