"""login, logout, whoami, and the saved session."""

import json
import socket
import stat
import threading
from collections.abc import Callable
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.cli.command import PASSWORD, Safeconduct
from tests.servers.process import free_port

NewPerson = Callable[[], tuple[str, Safeconduct]]


def test_a_script_signs_in_with_the_first_line_of_its_input(
    new_person: NewPerson, stranger: Safeconduct
) -> None:
    """Who has no terminal pipes the password; it never stands in argv."""
    name, _ = new_person()

    signed_in = stranger.json("login", name, lines=(PASSWORD,))

    assert signed_in["user"]["name"] == name
    assert "token" not in signed_in
    assert stranger.json("whoami")["name"] == name


def test_a_person_signs_in_at_a_terminal_that_shows_no_password(
    new_person: NewPerson, stranger: Safeconduct
) -> None:
    """Name and password are asked for; the password is not echoed, and not in the process list."""
    name, _ = new_person()

    with stranger.at_terminal("login") as terminal:
        terminal.expect("Name: ")
        terminal.type(name)
        terminal.expect(f"Password of {name}: ")
        argv = Path(f"/proc/{terminal.process.pid}/cmdline").read_text()
        terminal.type(PASSWORD)
        assert terminal.finish() == 0

    assert "Signed in" in terminal.words
    assert PASSWORD not in terminal.record
    assert PASSWORD not in argv


def test_the_session_is_readable_by_its_owner_alone(person: Safeconduct) -> None:
    """The file holds a bearer secret: 0600, in a folder that is 0700, and no half-written copy beside it."""
    file = person.session_file

    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert [each.name for each in file.parent.iterdir()] == ["session.json"]


def test_the_session_file_is_where_its_variable_says(new_person: NewPerson, stranger: Safeconduct) -> None:
    """SAFECONDUCT_SESSION_FILE serves scripts that are several people; XDG_CONFIG_HOME is honoured without it."""
    name, _ = new_person()
    chosen, xdg = stranger.home / "deep" / "own.json", stranger.home / "xdg"

    stranger.done("login", name, lines=(PASSWORD,), SAFECONDUCT_SESSION_FILE=str(chosen))
    stranger.done("login", name, lines=(PASSWORD,), XDG_CONFIG_HOME=str(xdg))

    assert stat.S_IMODE(chosen.stat().st_mode) == 0o600
    assert (xdg / "safeconduct" / "session.json").exists()
    assert not stranger.session_file.exists()


def test_a_wrong_password_is_refused_without_a_session(new_person: NewPerson, stranger: Safeconduct) -> None:
    """Exit code 1, the service's words and code, and nothing is kept."""
    name, _ = new_person()

    ran = stranger.run("login", name, lines=("not the password at all",))

    assert ran.returncode == 1
    assert "(sign_in_failed)" in ran.stderr
    assert "not the password at all" not in ran.stderr + ran.stdout
    assert not stranger.session_file.exists()


def test_login_remembers_name_and_address(new_person: NewPerson, stranger: Safeconduct) -> None:
    """After a session's end, `safeconduct login` and Enter are enough."""
    name, person = new_person()
    del person.env["SAFECONDUCT_URL"]

    with person.at_terminal("login") as terminal:
        terminal.expect(f"Name [{name}]: ")
        terminal.type("")
        terminal.expect(f"Password of {name}: ")
        terminal.type(PASSWORD)
        assert terminal.finish() == 0

    assert person.json("whoami")["name"] == name


def test_logout_ends_the_session_on_the_service_as_well(person: Safeconduct) -> None:
    """A copy of the file is worth nothing afterwards."""
    copy = person.session_file.read_text()

    person.done("logout")
    assert not person.session_file.exists()
    person.session_file.write_text(copy)
    ran = person.run("whoami")

    assert ran.returncode == 1
    assert "your session has ended; run: safeconduct login" in ran.stderr


def test_logout_forgets_a_session_that_has_ended_already(person: Safeconduct) -> None:
    """Logging out is never refused because one is logged out."""
    copy = person.session_file.read_text()
    person.done("logout")
    person.session_file.write_text(copy)

    person.done("logout")

    assert not person.session_file.exists()


@pytest.mark.parametrize("content", ["", "{}", "[1]", "no json", '{"url": 1}'])
def test_a_session_file_that_is_none_asks_to_sign_in(stranger: Safeconduct, content: str) -> None:
    """Whatever lies in its place, the way out is said, and nothing is sent."""
    stranger.session_file.parent.mkdir(parents=True)
    stranger.session_file.write_text(content)

    ran = stranger.run("tokens", "list")

    assert ran.returncode == 1
    assert ran.stderr == "safeconduct: you are not signed in; run: safeconduct login\n"


def test_a_session_is_never_sent_to_another_service(person: Safeconduct, url: str) -> None:
    """The bearer of one service is not shown to the next, whatever the URL says."""
    other = f"http://localhost:{free_port()}"

    ran = person.run("tokens", "list", "--url", other)

    assert ran.returncode == 1
    assert f"you are signed in at {url}, not at {other}; run: safeconduct login" in ran.stderr


def test_a_service_that_is_not_there_is_exit_code_3(stranger: Safeconduct) -> None:
    """Scripts tell "no" from "nobody there"."""
    ran = stranger.run("login", "ann", "--url", f"http://localhost:{free_port()}", lines=(PASSWORD,))

    assert ran.returncode == 3
    assert "cannot reach" in ran.stderr


@pytest.mark.parametrize(
    "url",
    [
        "http://tokens.example.com",
        "ftp://localhost",
        "localhost:8080",
        "https://",
        "https://a:hunter2@b",
        "https://:hunter2@b",
        "http://[::1",
    ],
)
def test_secrets_go_to_https_or_to_this_machine_alone(stranger: Safeconduct, url: str) -> None:
    """A wrong URL is a usage error before any password is asked for."""
    ran = stranger.run("login", "ann", "--url", url, lines=(PASSWORD,))

    assert ran.returncode == 2
    assert ran.stdout == ""
    assert "hunter2" not in ran.stderr


@contextmanager
def _other_server(status: int, headers: dict[str, str], body: bytes):
    """Something on this machine that is not Safeconduct; tells which paths it was asked for."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked.append(self.path)
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST  # noqa: N815 - the name that http.server calls

        def log_message(self, *_arguments: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", asked
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.parametrize(
    ("status", "headers", "body"),
    [
        (200, {}, b"<html>"),
        (502, {"Content-Type": "text/html"}, b"Bad Gateway"),
        (404, {"Content-Type": "application/json"}, b"{}"),
        (500, {"Content-Type": "application/problem+json"}, b"not json"),
        (401, {"Content-Type": "application/problem+json"}, b"[]"),
    ],
)
def test_an_answer_that_is_not_ours_counts_as_none(
    stranger: Safeconduct, status: int, headers: dict[str, str], body: bytes
) -> None:
    """A proxy's error page is not a refusal: exit code 3."""
    with _other_server(status, headers, body) as (url, _):
        ran = stranger.run("login", "ann", "--url", url, lines=(PASSWORD,))

    assert ran.returncode == 3
    assert "not as Safeconduct does" in ran.stderr


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_takes_no_credential_along(stranger: Safeconduct, status: int) -> None:
    """Whoever answers at the URL cannot send it elsewhere."""
    with (
        _other_server(200, {}, b"{}") as (elsewhere, asked),
        _other_server(status, {"Location": f"{elsewhere}/v1/session"}, b"") as (url, _),
    ):
        ran = stranger.run("login", "ann", "--url", url, lines=(PASSWORD,))

    assert ran.returncode == 3
    assert asked == []


def test_a_lost_answer_is_not_called_a_failure(stranger: Safeconduct) -> None:
    """What was sent may have been done: it says so, and exit code 3 tells scripts to look first."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def hang_up() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(65_536)

        thread = threading.Thread(target=hang_up)
        thread.start()
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        ran = stranger.run("login", "ann", "--url", url, lines=(PASSWORD,))
        thread.join()

    assert ran.returncode == 3
    assert "whether it was done is unknown" in ran.stderr


def test_a_session_that_cannot_be_kept_is_told(new_person: NewPerson, stranger: Safeconduct) -> None:
    """Where a folder lies in the file's place nothing is left lying beside it."""
    name, _ = new_person()
    stranger.session_file.mkdir(parents=True)

    ran = stranger.run("login", name, lines=(PASSWORD,))

    assert ran.returncode == 1
    assert "cannot keep the session" in ran.stderr
    assert [each.name for each in stranger.session_file.parent.iterdir()] == ["session.json"]


def test_an_unexpected_error_is_one_line(stranger: Safeconduct) -> None:
    """No traceback ever, unless --debug asks for it."""
    with _other_server(201, {}, json.dumps({"surprise": 1}).encode()) as (url, _):
        quiet = stranger.run("login", "ann", "--url", url, lines=(PASSWORD,))
        debug = stranger.run("login", "ann", "--url", url, "--debug", lines=(PASSWORD,))

    assert (quiet.returncode, debug.returncode) == (1, 1)
    assert quiet.stderr == "safeconduct: unexpected KeyError; --debug shows where\n"
    assert "Traceback" in debug.stderr
