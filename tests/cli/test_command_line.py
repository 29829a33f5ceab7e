"""What holds for every command: help, usage errors, colour, interruption."""

import argparse
import importlib
import os
import signal
import socket
import subprocess
from collections.abc import Iterator

import pytest

from service.cli import MODULES
from service.cli.commands import CommandParser
from tests.cli.command import PASSWORD, PROGRAM, Safeconduct
from tests.servers.process import free_port
from tests.servers.redis import RedisServer


def _commands(parser: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    """All parsers that have no commands below."""
    below = [action for action in parser._actions if isinstance(action, argparse._SubParsersAction)]
    if not below:
        yield parser
    for action in below:
        for each in action.choices.values():
            yield from _commands(each)


def _every_command() -> list[argparse.ArgumentParser]:
    root = CommandParser(prog="safeconduct")
    commands = root.add_subparsers()
    for module in dict.fromkeys(MODULES.values()):
        importlib.import_module(f"service.cli.{module}").add_parser(commands)
    return list(_commands(root))


EVERY_COMMAND = _every_command()
NAMES = [command.prog for command in EVERY_COMMAND]


@pytest.mark.parametrize("command", EVERY_COMMAND, ids=NAMES)
def test_every_command_explains_itself_with_an_example(command: argparse.ArgumentParser) -> None:
    """--help says what it does and shows a line that can be copied."""
    text = command.format_help()

    assert command.description
    assert "example" in text
    assert f"{command.prog} " in text.split("example")[1] or command.prog in text.split("example")[1]


@pytest.mark.parametrize("command", EVERY_COMMAND, ids=NAMES)
def test_every_option_says_what_it_does(command: argparse.ArgumentParser) -> None:
    """An option without a word of help is a riddle."""
    silent = [
        action.option_strings for action in command._actions if action.option_strings and not action.help
    ]

    assert silent == []


@pytest.mark.parametrize("command", EVERY_COMMAND, ids=NAMES)
def test_no_command_takes_a_secret_from_argv(command: argparse.ArgumentParser) -> None:
    """Arguments stand in the process list and in the shell's history."""
    taking = [action for action in command._actions if action.nargs != 0]
    names = [name for action in taking for name in (*action.option_strings, action.dest)]
    secret = {"password", "secret", "token", "value", "bearer", "link", "pin"}

    assert [name for name in names if name.strip("-") in secret] == []


@pytest.mark.parametrize("command", EVERY_COMMAND, ids=NAMES)
def test_every_command_answers_json_except_the_server(command: argparse.ArgumentParser) -> None:
    """--json is API."""
    has_json = any("--json" in action.option_strings for action in command._actions)

    assert has_json == (command.prog != "safeconduct serve")


def test_help_is_an_answer(stranger: Safeconduct) -> None:
    """--help goes to standard output with exit code 0, and lists every command."""
    text = stranger.done("--help")

    assert all(f"\n  {name} " in text for name in MODULES)


@pytest.mark.parametrize("words", [(), ("tokens",), ("users",), ("clients",), ("keys",)])
def test_a_missing_command_shows_what_there_is(stranger: Safeconduct, words: tuple[str, ...]) -> None:
    """Half a command is a usage error that helps."""
    ran = stranger.run(*words)

    assert ran.returncode == 2
    assert "commands:" in ran.stdout


def test_a_secret_on_the_command_line_is_refused_and_not_repeated(stranger: Safeconduct) -> None:
    """Who tries learns how it is done; what they typed does not go on into logs."""
    as_option = stranger.run("login", "ann", f"--password={PASSWORD}")
    as_word = stranger.run("users", "accept-link", "https://localhost/welcome#c2VjcmV0")

    for ran in (as_option, as_word):
        assert ran.returncode == 2
        assert "passwords and links are asked for, never given here" in ran.stderr
        assert PASSWORD not in ran.stderr
        assert "c2VjcmV0" not in ran.stderr


def test_options_are_not_abbreviated(person: Safeconduct) -> None:
    """A script that wrote --rev would break on the day that a second --rev… comes."""
    assert person.run("tokens", "list", "--rev").returncode == 2
    assert person.run("tokens", "list", "--reverse").returncode == 0


def test_output_options_stand_before_the_command_as_well(person: Safeconduct) -> None:
    """`safeconduct --json whoami` and `safeconduct whoami --json` are one."""
    assert person.done("--json", "whoami") == person.done("whoami", "--json")


def test_configuration_faults_are_told_all_at_once(stranger: Safeconduct) -> None:
    """One run of the command finds every wrong setting; exit code 2."""
    ran = stranger.run(
        "migrate", SAFECONDUCT_PORT="none", SAFECONDUCT_ALGORITHM="HS256", SAFECONDUCT_PROT="1"
    )

    assert ran.returncode == 2
    assert len(ran.stderr.splitlines()) == 3
    assert "Traceback" not in ran.stderr


@pytest.mark.parametrize(("option", "variable"), [("--no-color", ""), ("--json", "1")])
def test_colour_can_be_refused(person: Safeconduct, option: str, variable: str) -> None:
    """--no-color and NO_COLOR leave plain text; without them a terminal gets colours."""
    person.done("tokens", "create", "--note", "n", "--scope", "embed")
    person.env["NO_COLOR"] = variable
    plain_words = [option] if option == "--no-color" else []

    with person.at_terminal("tokens", "list", *plain_words) as plain:
        assert plain.finish() == 0
    del person.env["NO_COLOR"]
    with person.at_terminal("tokens", "list") as coloured:
        assert coloured.finish() == 0

    assert "\x1b" not in plain.record
    assert "\x1b[32mactive" in coloured.record


def test_an_interruption_at_a_prompt_is_clean(stranger: Safeconduct) -> None:
    """Ctrl-C: no traceback, the terminal echoes again, exit code 130."""
    with stranger.at_terminal("login", "ann") as terminal:
        terminal.expect("Password of ann: ")
        terminal.interrupt()
        assert terminal.finish() == 128 + signal.SIGINT

    assert "Traceback" not in terminal.record
    assert not stranger.session_file.exists()


def test_a_reader_that_stops_reading_is_no_error_message(stranger: Safeconduct) -> None:
    """`safeconduct … | head` ends without a word."""
    process = subprocess.Popen(
        [PROGRAM, "--help"], env=stranger.env, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    process.stdout.close()
    with process.stderr:
        said = process.stderr.read()

    assert process.wait(30) == 1
    assert said == b""


def test_bytes_that_are_no_text_are_a_usage_error(stranger: Safeconduct) -> None:
    """A command line in another encoding is not sent on as something else."""
    ran = stranger.run("tokens", "list", "--search", os.fsdecode(b"caf\xe9"))

    assert ran.returncode == 2
    assert "not UTF-8" in ran.stderr


def test_a_port_that_is_taken_is_told_in_a_line(stranger: Safeconduct) -> None:
    """A second service on one port says what is wrong and goes."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        ran = stranger.run("serve", SAFECONDUCT_PORT=str(taken.getsockname()[1]))

    assert ran.returncode == 1
    assert "address already in use" in ran.stderr.splitlines()[-1]
    assert "Traceback" not in ran.stderr


def test_a_redis_that_drops_keys_is_refused_at_start(
    stranger: Safeconduct, redis_server: RedisServer
) -> None:
    """F20: one line with the setting to change, exit 2; a list that was evicted would be unknown to every reader."""
    redis_server.start()
    redis_server.ask("CONFIG", "SET", "maxmemory-policy", "allkeys-lru")
    ran = stranger.run("serve", SAFECONDUCT_PORT=str(free_port()), SAFECONDUCT_REDIS_URL=redis_server.url)
    redis_server.refresh()

    assert ran.returncode == 2
    assert "SAFECONDUCT_REDIS_URL" in ran.stderr
    assert "allkeys-lru" in ran.stderr
    assert "noeviction" in ran.stderr


def test_nothing_on_standard_input_is_a_usage_error(stranger: Safeconduct) -> None:
    """A prompt that nobody can answer fails at once instead of waiting."""
    ran = stranger.run("login", "ann")

    assert ran.returncode == 2
    assert "standard input" in ran.stderr
