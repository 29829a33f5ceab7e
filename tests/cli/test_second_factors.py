"""The command line asks for the second factor, and takes it from people who lost theirs."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass

import pyotp
import pytest

from service.cli.http_client import Service
from service.domain.secret import Secret
from tests.cli.command import PASSWORD, Safeconduct

STEP = 30


@dataclass(frozen=True)
class Protected:
    """Somebody with an authenticator app, by the machine's clock."""

    name: str
    secret: str
    codes: list[str]

    def next_code(self) -> str:
        """That of the step to come, which is taken and was not used."""
        return pyotp.TOTP(self.secret).at(int(time.time()) + STEP)


@pytest.fixture
def protected(new_person: Callable[[], tuple[str, Safeconduct]], url: str) -> Protected:
    name, person = new_person()
    bearer = Secret(json.loads(person.session_file.read_text())["bearer"])
    service, path = Service(url), "/v1/me/second-factors"
    begun = service.ask("POST", f"{path}/totp", {}, bearer=bearer).body
    code = pyotp.TOTP(begun["secret"]).at(int(time.time()))
    first = {"name": "phone", "code": code}
    added = service.ask("POST", f"{path}/{begun['id']}/confirm", first, bearer=bearer).body
    return Protected(name, begun["secret"], added["recovery_codes"])


def test_a_script_gives_the_code_as_the_second_line(protected: Protected, stranger: Safeconduct) -> None:
    """A code of the app or a recovery code, told apart by their looks; without one it says what is missing."""
    without = stranger.run("login", protected.name, lines=(PASSWORD,))
    by_app = stranger.run("login", protected.name, lines=(PASSWORD, protected.next_code()))
    by_code = stranger.run("login", protected.name, lines=(PASSWORD, protected.codes[0]))
    again = stranger.run("login", protected.name, lines=(PASSWORD, protected.codes[0]))

    assert [ran.returncode for ran in (without, by_app, by_code, again)] == [2, 0, 0, 1]
    assert "recovery code" in without.stderr
    assert "sign_in_failed" in again.stderr
    assert protected.codes[0] not in again.stderr + by_code.stdout + by_code.stderr


def test_a_person_is_asked_for_it_and_it_is_not_shown(protected: Protected, stranger: Safeconduct) -> None:
    """At a terminal the question comes after the password, and only where it is needed."""
    with stranger.at_terminal("login", protected.name) as terminal:
        terminal.expect(f"Password of {protected.name}: ")
        terminal.type(PASSWORD)
        terminal.expect("Code of your authenticator app, or a recovery code: ")
        code = protected.next_code()
        terminal.type(code)
        assert terminal.finish() == 0

    assert code not in terminal.record


def test_an_administrator_resets_the_factors_of_somebody(
    protected: Protected, administrator: Safeconduct, stranger: Safeconduct
) -> None:
    """`users reset-factors`: afterwards the password alone signs in."""
    told = administrator.done("users", "reset-factors", protected.name, "--yes")

    assert f"removed 1 second factor of {protected.name}" in told
    assert stranger.json("login", protected.name, lines=(PASSWORD,))["user"]["name"] == protected.name
