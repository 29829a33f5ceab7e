"""No command says a secret again that it was given, nor leaves one behind where others look."""

import argparse
import io
import os
import sys

import pytest

from service.cli import main
from tests.cli.command import PASSWORD, Safeconduct
from tests.cli.test_command_line import EVERY_COMMAND

NOT_RUN = {"serve", "login", "logout"}
"""One never ends, two change who is signed in; tests/cli/test_session.py looks at them."""


def words_of(command: argparse.ArgumentParser, secret: str) -> list[str]:
    """The command with `secret` wherever it takes a word: somebody has pasted it into the wrong place."""
    words = command.prog.split()[1:]
    for action in command._actions:
        if action.option_strings and not action.required:
            continue
        if isinstance(action, argparse._HelpAction | argparse._SubParsersAction):
            continue
        word = str(next(iter(action.choices))) if action.choices else secret
        words += [action.option_strings[-1], word] if action.option_strings else [word]
    return words


def test_no_command_repeats_a_secret(
    administrator: Safeconduct,
    person: Safeconduct,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """R15 over all commands: given on standard input, and as a word by mistake, it stands in no output and no file but
    the session's own.
    """
    token = person.json("tokens", "create", "--note", "n", "--scope", "embed")["token"]
    secrets = {"token": token, "session": administrator.bearer}
    for name in [name for name in os.environ if name.startswith("SAFECONDUCT_")]:
        monkeypatch.delenv(name)
    for name, value in person.env.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(person.home)
    repeated = {}
    for command in EVERY_COMMAND:
        if NOT_RUN.intersection(command.prog.split()):
            continue
        lines = io.BytesIO(f"{secrets['session']}\n{token}\n".encode())
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(lines))
        code = main(words_of(command, token))
        said = "".join(capfd.readouterr())
        assert code in {0, 1, 2, 3}, command.prog
        if any(secret in said or secret[-40:] in said for secret in secrets.values()):
            repeated[command.prog] = said[:200]
    kept = {
        path.name: path.read_text("utf-8", "replace") for path in person.home.rglob("*") if path.is_file()
    }

    assert repeated == {}
    assert {
        name for name, text in kept.items() if any(secret in text for secret in secrets.values())
    } == set()
    assert PASSWORD not in "".join(kept.values())
