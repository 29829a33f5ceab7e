"""tokens create, list, show, edit, regenerate, revoke."""

import json
import re
import shlex
from datetime import datetime
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from service.cli.failures import CommandFailed
from service.cli.tokens.ids import the_one
from tests.cli.command import Safeconduct

EMBED = ("--note", "n", "--scope", "embed")


def _works(person: Safeconduct, value: str) -> bool:
    """Whether the service honours the value: the token asks about itself."""
    request = Request(  # noqa: S310 - a URL of our own
        f"{person.env['SAFECONDUCT_URL']}/v1/personal-access-tokens/self",
        headers={"Authorization": f"Bearer {value}"},
    )
    try:
        with urlopen(request, timeout=30) as answer:  # noqa: S310 - a URL of our own
            return answer.status == 200
    except HTTPError as error:
        error.close()
        return False


def test_a_pipe_gets_the_value_and_nothing_else(person: Safeconduct) -> None:
    """`safeconduct tokens create … | store` stores a token that works."""
    told, silent = (
        person.run("tokens", "create", *EMBED),
        person.run("tokens", "create", *EMBED, "--value-only"),
    )

    for ran in (told, silent):
        assert ran.stdout.count("\n") == 1
        assert _works(person, ran.stdout.strip())
    assert "is made; it ends in 3 months, " in told.stderr
    assert silent.stderr == ""


def test_json_is_the_answer_of_the_api(person: Safeconduct) -> None:
    """What was asked for comes back, with the value, as one JSON object."""
    made = person.json(
        *("tokens", "create", "--note", "Büro", "--scope", "embed:view,dashboard", "--scope", "embed:view"),
        *("--days", "30", "--allow-ip", "10.0.0.0/8", "--allow-ip", "127.0.0.0/8"),
    )

    assert made["note"] == "Büro"
    assert made["scopes"] == ["embed:view", "dashboard"]
    assert made["allowed_ips"] == ["10.0.0.0/8", "127.0.0.0/8"]
    assert _works(person, made["token"])


def test_a_terminal_shows_the_value_once_and_whole(person: Safeconduct) -> None:
    """The value stands on a line of its own, outside of the frame, so that it is copied in one piece."""
    with person.at_terminal("tokens", "create", *EMBED) as terminal:
        assert terminal.finish() == 0
    lines = terminal.words.splitlines()
    [value] = [line for line in lines if line.startswith("eyJ")]

    assert _works(person, value)
    assert "shown only this once" in terminal.words
    assert "Authorization: Bearer" in terminal.words
    assert all(len(line) <= 80 for line in lines if line != value)


def test_value_only_is_for_terminals_as_well(person: Safeconduct) -> None:
    """Nothing stands around the value."""
    with person.at_terminal("tokens", "create", *EMBED, "--value-only") as terminal:
        assert terminal.finish() == 0

    assert _works(person, terminal.record.strip())


def _days(made: dict[str, str]) -> int:
    end, start = (datetime.fromisoformat(made[name]) for name in ("expiration", "created_at"))
    return (end - start).days


def test_a_token_ends_after_90_days_unless_said_otherwise(person: Safeconduct) -> None:
    """The end is always there to be seen; none at all has to be asked for."""
    assert _days(person.json("tokens", "create", *EMBED)) == 90
    assert _days(person.json("tokens", "create", *EMBED, "--days", "7")) == 7
    until = "2026-12-24T12:00:00Z"
    assert person.json("tokens", "create", *EMBED, "--expires-at", until)["expiration"] == until
    assert person.json("tokens", "create", *EMBED, "--no-expiration")["expiration"] is None


def test_every_fault_has_a_line_of_its_own(person: Safeconduct) -> None:
    """One run tells all that is wrong, with stable codes; exit code 1."""
    ran = person.run(
        *("tokens", "create", "--note", "", "--scope", "embed,nonsense", "--days", "0"), "--allow-ip", "home"
    )

    assert ran.returncode == 1
    first, *faults = ran.stderr.splitlines()
    assert "(invalid_request)" in first
    assert [fault.split(":")[0].strip() for fault in sorted(faults)] == [
        "allowed_ips[0]",
        "expiration",
        "note",
        "scopes[1]",
    ]
    assert any(fault.endswith("(unknown_scope)") for fault in faults)


def test_two_ends_are_a_usage_error(person: Safeconduct) -> None:
    """Nothing is sent when the command line contradicts itself."""
    assert person.run("tokens", "create", *EMBED, "--days", "1", "--no-expiration").returncode == 2


def test_a_list_fits_eighty_columns(person: Safeconduct) -> None:
    """Each token can be told and its id typed; exact and relative end, scopes and state are there, uncut."""
    note = "Weekly report for the finance department, every Monday at six"
    scopes = "automation:view connectors:manage dashboard:view"
    made = person.json("tokens", "create", "--note", note, "--scope", scopes.replace(" ", ","), "--days", "3")

    with person.at_terminal("tokens", "list") as terminal:
        assert terminal.finish() == 0
    lines = terminal.words.splitlines()

    assert all(len(line) <= 80 for line in lines)
    assert lines[1].startswith(made["id"][:8] + "  ")
    assert "in 3 days" in lines[1]
    assert lines[1].rstrip().endswith("active")
    assert made["expiration"][:10] in lines[2]
    shown = [line[10 : lines[0].index("ENDS")].strip() for line in lines[1:-1]]
    assert " ".join(shown) == f"{note} {scopes}"
    assert lines[-1] == "1 token: 1 active"


def test_a_pipe_gets_a_row_for_each_token(person: Safeconduct) -> None:
    """Grep finds a token with its whole id and its whole note on one line."""
    note = "long " * 40
    made = person.json("tokens", "create", "--note", note, "--scope", "embed")

    rows = person.done("tokens", "list").splitlines()

    assert len(rows) == 2
    assert rows[1].startswith(made["id"])
    assert note.strip() in rows[1]


def test_a_note_cannot_act_on_the_terminal(person: Safeconduct) -> None:
    """What could turn the order of a line round is spelled out; markup of our own stays text."""
    note = "[red]x[/red] \u202egnp.exe :boom:"
    made = person.json("tokens", "create", "--note", note, "--scope", "embed")

    with person.at_terminal("tokens", "list") as listed:
        listed.finish()
    with person.at_terminal("tokens", "show", made["id"]) as shown:
        shown.finish()

    for record in (listed.record, shown.record):
        assert "\u202e" not in record
        assert "[red]x[/red] \\u202egnp.exe" in record
        assert ":boom:" in record


def test_a_list_is_filtered_and_sorted_by_the_service(person: Safeconduct) -> None:
    """--state, --search, --scope, --sort and --reverse, in any combination."""
    for note, scope, days in [("a", "embed", "3"), ("b", "dashboard", "2"), ("ab", "embed", "1")]:
        person.done("tokens", "create", "--note", note, "--scope", scope, "--days", days)

    def notes(*words: str) -> list[str]:
        return [token["note"] for token in person.json("tokens", "list", *words)]

    assert notes() == ["ab", "b", "a"]
    assert notes("--reverse") == ["a", "b", "ab"]
    assert notes("--sort", "expires") == ["ab", "b", "a"]
    assert notes("--search", "B", "--scope", "embed") == ["ab"]
    assert notes("--state", "revoked", "--state", "expired") == []


def test_a_list_leads_on_page_by_page(person: Safeconduct) -> None:
    """The first page says that there is more; --all follows the links to the end."""
    for note in "abc":
        person.done("tokens", "create", "--note", note, "--scope", "embed")

    first = person.run("tokens", "list", "--limit", "2")
    every = person.json("tokens", "list", "--limit", "2", "--all")

    assert "There are more: --all lists them." in first.stderr
    assert [token["note"] for token in every] == ["c", "b", "a"]


def test_nobody_sees_the_tokens_of_others(person: Safeconduct, administrator: Safeconduct) -> None:
    """Another's token is not there, by its whole id as by its beginning."""
    made = administrator.json("tokens", "create", *EMBED)

    whole, short = person.run("tokens", "show", made["id"]), person.run("tokens", "show", made["id"][:8])

    assert (whole.returncode, short.returncode) == (1, 1)
    assert "(not_found)" in whole.stderr
    assert "no token of yours begins with" in short.stderr


def test_an_id_may_be_shortened_while_it_is_clear(person: Safeconduct) -> None:
    """Six characters are enough to type, fewer are refused, and revoked tokens are found as well."""
    made = person.json("tokens", "create", *EMBED)
    person.done("tokens", "revoke", made["id"][:6].upper())

    assert person.json("tokens", "show", made["id"][:6])["state"] == "revoked"
    assert person.run("tokens", "show", made["id"][:5]).returncode == 1


def test_a_token_may_be_named_by_its_note_while_one_has_it(person: Safeconduct) -> None:
    """People remember notes; a note that two tokens share names neither, and revoked ones keep theirs from nobody."""
    first = person.json("tokens", "create", "--note", "night job", "--scope", "embed")
    shown = person.json("tokens", "show", "night job")
    person.json("tokens", "create", "--note", "night job", "--scope", "embed")

    unclear = person.run("tokens", "revoke", "night job")
    person.done("tokens", "revoke", first["id"])

    assert shown["id"] == first["id"]
    assert unclear.returncode == 1
    assert first["id"] in unclear.stderr
    assert person.json("tokens", "show", "night job")["id"] != first["id"]
    assert person.run("tokens", "show", "reports").returncode == 1


def test_an_unclear_beginning_names_all_that_begin_so() -> None:
    """Nothing is guessed; no collision of six hex digits can be made through the service in a test's time."""
    with pytest.raises(CommandFailed) as failure:
        the_one("abcdef", ["abcdef01", "abcdef02", "0abcdef0"])

    assert failure.value.lines[1:] == ("  abcdef01", "  abcdef02")


def test_an_edit_changes_what_no_signature_carries(person: Safeconduct) -> None:
    """Note, pause, resume and an earlier end; the value stays, and a paused one is refused meanwhile."""
    made = person.json("tokens", "create", *EMBED)

    paused = person.json("tokens", "edit", made["id"], "--note", "other", "--pause")
    assert (paused["note"], paused["state"]) == ("other", "suspended")
    assert not _works(person, made["token"])
    resumed = person.json("tokens", "edit", made["id"], "--resume", "--days", "1")

    assert resumed["state"] == "active"
    assert resumed["expiration"] < made["expiration"]
    assert _works(person, made["token"])


@pytest.mark.parametrize("until", [("--days", "200"), ("--expires-at", "2027-03-04T05:06:07Z")])
def test_an_edit_that_needs_a_new_value_names_the_command_that_makes_it(
    person: Safeconduct, until: tuple[str, str]
) -> None:
    """Copied and run, that command does what was wanted."""
    made = person.json("tokens", "create", *EMBED, "--days", "5")

    ran = person.run("tokens", "edit", made["id"], *until)
    assert ran.returncode == 1
    first, command = ran.stderr.splitlines()
    assert "(needs_new_value)" in first
    program, *words = shlex.split(command)
    renewed = person.json(*words)

    assert program == "safeconduct"
    assert renewed["id"] == made["id"]
    assert renewed["expiration"] > made["expiration"]


def test_an_edit_of_nothing_is_a_usage_error(person: Safeconduct) -> None:
    """It names what could be edited."""
    ran = person.run("tokens", "edit", "3f2a9c1d")

    assert ran.returncode == 2
    assert "--note" in ran.stderr


def test_a_new_value_ends_the_old_one(person: Safeconduct) -> None:
    """Regenerate keeps note and scopes unless they are given, and prints the new value alone."""
    made = person.json("tokens", "create", *EMBED)

    value = person.done("tokens", "regenerate", made["id"], "--days", "3", "--scope", "dashboard").strip()

    assert _works(person, value)
    assert not _works(person, made["token"])
    shown = person.json("tokens", "show", made["id"])
    assert (shown["note"], shown["scopes"]) == ("n", ["dashboard"])


def test_a_new_value_needs_its_end_said(person: Safeconduct) -> None:
    """An app depends on it: no default shortens or lengthens it silently."""
    assert person.run("tokens", "regenerate", "3f2a9c1d").returncode == 2


def test_several_tokens_are_revoked_at_once(person: Safeconduct) -> None:
    """Each is told, and who refuses them when; a signature alone notices nothing, and that is said."""
    made = [person.json("tokens", "create", *EMBED) for _ in range(2)]

    ran = person.run("tokens", "revoke", *(each["id"][:8] for each in made), "--reason", "leaked")

    assert ran.returncode == 0
    assert [line.split()[1] for line in ran.stdout.splitlines()] == [each["id"] for each in made]
    assert "15 min 30 s" in ran.stderr
    assert "signature alone notices nothing" in ran.stderr
    assert not any(_works(person, each["token"]) for each in made)
    assert person.json("tokens", "show", made[0]["id"])["revoke_reason"] == "leaked"


def test_a_slip_among_several_ids_revokes_none(person: Safeconduct) -> None:
    """All ids are known before the first is acted on."""
    made = person.json("tokens", "create", *EMBED)

    ran = person.run("tokens", "revoke", made["id"][:8], "ffffffff")

    assert ran.returncode == 1
    assert _works(person, made["token"])


def test_a_refused_one_keeps_no_other_from_being_revoked(person: Safeconduct) -> None:
    """With whole ids the service decides on each; --json says which, and the exit code that not all went."""
    made = person.json("tokens", "create", *EMBED)
    unknown = "ffffffff-ffff-4fff-bfff-ffffffffffff"

    ran = person.run("tokens", "revoke", unknown, made["id"], "--json")

    assert ran.returncode == 1
    refused, revoked = json.loads(ran.stdout)
    assert refused == {"id": unknown, "error": "not_found"}
    assert revoked["state"] == "revoked"
    assert unknown in ran.stderr


def test_a_revocation_comes_with_its_receipt(person: Safeconduct) -> None:
    """Which revision it is, and by when the last verifier that reads lists refuses: 15 min 30 s at most."""
    made, other = [person.json("tokens", "create", *EMBED) for _ in range(2)]

    ran = person.run("tokens", "revoke", made["id"])
    [told] = person.json("tokens", "revoke", other["id"], "--reason", "lost")

    receipt = told["revocation"]
    assert "every list refuses it by" in ran.stdout
    [first] = re.findall(r"revision (\d+)", ran.stdout)
    assert int(first) < receipt["revision"]  # others may end something at this service in between
    assert (receipt["id"], receipt["revoke_reason"]) == (other["id"], "lost")
    assert receipt["revoked_at"] <= receipt["lists_refuse_by"]
