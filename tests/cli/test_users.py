"""users create, accept-link, disable."""

import stat
from collections.abc import Callable

import pytest

from tests.cli.command import PASSWORD, Safeconduct

NewPerson = Callable[[], tuple[str, Safeconduct]]
LINK = "/welcome#"


def _link(terminal_record: str) -> str:
    [line] = [line for line in terminal_record.splitlines() if LINK in line]
    return line.strip()


def test_a_link_shown_at_a_terminal_sets_a_password_once(
    administrator: Safeconduct, stranger: Safeconduct
) -> None:
    """The administrator hands it over; it is asked for without echo, works, and never again."""
    with administrator.at_terminal("users", "create", "shown-at-a-terminal") as terminal:
        assert terminal.finish() == 0
    link = _link(terminal.words)

    with stranger.at_terminal("users", "accept-link") as terminal:
        terminal.expect("One-time link: ")
        terminal.type(link)
        terminal.expect("New password: ")
        terminal.type(PASSWORD)
        terminal.expect("Once more: ")
        terminal.type(PASSWORD)
        assert terminal.finish() == 0
    again = stranger.run("users", "accept-link", lines=(link, PASSWORD))

    assert link.partition("#")[2] not in terminal.record
    assert PASSWORD not in terminal.record
    assert stranger.json("whoami")["name"] == "shown-at-a-terminal"
    assert again.returncode == 1
    assert "(not_found)" in again.stderr


def test_a_slip_in_the_new_password_changes_nothing(
    administrator: Safeconduct, stranger: Safeconduct
) -> None:
    """Two different passwords are seen before anything is sent: the link stays good."""
    made = administrator.json("users", "create", "slip")
    link = made["invitation"]["link"]

    with stranger.at_terminal("users", "accept-link") as terminal:
        terminal.expect("One-time link: ")
        terminal.type(link)
        terminal.expect("New password: ")
        terminal.type(PASSWORD)
        terminal.expect("Once more: ")
        terminal.type(f"{PASSWORD}s")
        assert terminal.finish() == 1

    assert "differ" in terminal.words
    stranger.done("users", "accept-link", lines=(link, PASSWORD))


def test_a_weak_password_is_refused_with_its_reason(
    administrator: Safeconduct, stranger: Safeconduct
) -> None:
    """The reason has a line; the password has none; the link stays good."""
    link = administrator.json("users", "create", "weak")["invitation"]["link"]

    ran = stranger.run("users", "accept-link", lines=(link, "short"))

    assert ran.returncode == 1
    assert "  password: " in ran.stderr
    stranger.done("users", "accept-link", lines=(link, PASSWORD))


def test_a_link_says_by_itself_where_it_leads(
    administrator: Safeconduct, stranger: Safeconduct, url: str
) -> None:
    """Whoever gets one needs no other setting; the bare secret is taken where the URL is known."""
    first, second = (
        administrator.json("users", "create", name)["invitation"]["link"] for name in ("by-link", "by-secret")
    )
    del stranger.env["SAFECONDUCT_URL"]

    stranger.done("users", "accept-link", lines=(first, PASSWORD))
    by_link = stranger.json("whoami")["name"]
    stranger.done("users", "accept-link", "--url", url, lines=(second.partition("#")[2], PASSWORD))

    assert (by_link, stranger.json("whoami")["name"]) == ("by-link", "by-secret")


@pytest.mark.parametrize(
    "link", ["", "https://example.com/", "https://example.com/elsewhere#x", "http://[#x"]
)
def test_what_is_no_link_is_not_sent(stranger: Safeconduct, link: str) -> None:
    """A wrong paste is told, not repeated, and goes nowhere."""
    ran = stranger.run("users", "accept-link", lines=(link, PASSWORD))

    assert ran.returncode in {1, 2}
    assert "elsewhere" not in ran.stderr
    assert "unexpected" not in ran.stderr


def test_a_link_file_is_private_and_new(administrator: Safeconduct, stranger: Safeconduct) -> None:
    """Away from a terminal the link goes into a file of mode 0600, and into none that is there already."""
    file = administrator.home / "link-file"

    ran = administrator.run("users", "create", "by-file", "--link-file", str(file))
    again = administrator.run("users", "create", "by-file-2", "--link-file", str(file))

    assert ran.returncode == 0
    assert LINK not in ran.stdout + ran.stderr
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert again.returncode == 2
    stranger.done("users", "accept-link", lines=(file.read_text().strip(), PASSWORD))
    assert administrator.run("users", "disable", "by-file-2", "--yes").returncode == 1


def test_a_refused_creation_leaves_no_file(administrator: Safeconduct) -> None:
    """An empty file would look like a link that was lost."""
    administrator.json("users", "create", "taken")
    file = administrator.home / "never"

    ran = administrator.run("users", "create", "TAKEN", "--link-file", str(file))

    assert ran.returncode == 1
    assert "(already_exists)" in ran.stderr
    assert not file.exists()


def test_a_link_is_not_printed_into_a_pipe(administrator: Safeconduct) -> None:
    """Output that nobody watches ends in logs: the command refuses before it creates anybody."""
    ran = administrator.run("users", "create", "piped")

    assert ran.returncode == 2
    assert "--link-file" in ran.stderr
    assert administrator.run("users", "disable", "piped", "--yes").returncode == 1


def test_role_and_grant_are_what_was_asked(administrator: Safeconduct) -> None:
    """--grant lists scopes, --grant-all gives all; without either it is the catalogue's default."""
    listed = administrator.json(
        "users", "create", "listed", "--grant", "embed,dashboard:view", "--grant", "company"
    )
    every = administrator.json("users", "create", "every", "--grant-all", "--role", "auditor")
    default = administrator.json("users", "create", "default")

    assert listed["grant"]["scopes"] == ["embed", "dashboard:view", "company"]
    assert (every["grant"]["kind"], every["role"]) == ("all", "auditor")
    assert default["grant"]["kind"] == "default"


def test_a_user_may_not_create_users(person: Safeconduct) -> None:
    """The service decides; the command line repeats its words."""
    ran = person.run("users", "create", "friend", "--json")

    assert ran.returncode == 1
    assert "(not_allowed)" in ran.stderr


def test_disabling_a_person_is_asked_first(administrator: Safeconduct, new_person: NewPerson) -> None:
    """Anything but yes changes nothing; yes ends their session."""
    name, person = new_person()

    with administrator.at_terminal("users", "disable", name) as terminal:
        terminal.expect("[y/N] ")
        terminal.type("")
        assert terminal.finish() == 1
    assert "nothing was changed" in terminal.words
    assert person.run("whoami").returncode == 0
    with administrator.at_terminal("users", "disable", name.upper()) as terminal:
        terminal.expect("[y/N] ")
        terminal.type("y")
        assert terminal.finish() == 0

    assert "session has ended" in person.run("whoami").stderr


def test_a_script_disables_by_id_and_counts_what_it_revoked(
    administrator: Safeconduct, new_person: NewPerson
) -> None:
    """Nobody is asked with --yes; without it and without a terminal nothing happens."""
    _, person = new_person()
    person.done("tokens", "create", "--note", "n", "--scope", "embed")
    user_id = person.json("whoami")["id"]

    unasked = administrator.run("users", "disable", user_id)
    disabled = administrator.json("users", "disable", user_id, "--yes")

    assert unasked.returncode == 2
    assert disabled["revoked_values"] == 1


def test_the_first_administrator_chooses_a_name(administrator: Safeconduct) -> None:
    """`accept-link --name` is for the link that `safeconduct serve` shows."""
    me = administrator.json("whoami")

    assert (me["name"], me["role"]) == ("ann", "administrator")


def test_people_are_listed_and_shown(administrator: Safeconduct, person: Safeconduct) -> None:
    """Who there is, with role and state; one of them with the grant and the tokens."""
    me = person.json("whoami")
    person.done("tokens", "create", "--note", "n", "--scope", "embed")

    rows = administrator.done("users", "list", "--search", me["name"]).splitlines()
    shown = administrator.json("users", "show", me["name"])
    words = " ".join(administrator.done("users", "show", me["id"]).split())

    assert len(rows) == 2
    assert rows[1].split()[:3] == [me["id"], me["name"], "user"]
    assert shown["tokens"] == {"active": 1, "expired": 0, "suspended": 0, "revoked": 0}
    assert "tokens 1 active" in words
    assert administrator.run("users", "show", "nobody-at-all").returncode == 1
