"""tokens revoke by conditions, inventory list, pause and revoke."""

from collections.abc import Callable

from tests.cli.command import Safeconduct

NewPerson = Callable[[], tuple[str, Safeconduct]]


def made(person: Safeconduct, note: str) -> str:
    """The id of a new token."""
    return str(person.json("tokens", "create", "--note", note, "--scope", "embed")["id"])


def states(person: Safeconduct) -> dict[str, str]:
    words = [word for name in ("active", "suspended", "revoked") for word in ("--state", name)]
    return {token["note"]: token["state"] for token in person.json("tokens", "list", *words)}


def test_ones_own_tokens_end_by_what_they_have_in_common(person: Safeconduct) -> None:
    """A dry run shows which; the same words then end exactly these."""
    first, second = made(person, "ci 1"), made(person, "ci 2")
    made(person, "report")

    dry = person.json("tokens", "revoke", "--search", "CI", "--dry-run")
    before = states(person)
    real = person.done("tokens", "revoke", "--search", "CI", "--yes", "--reason", "cleaning")

    assert {result["id"] for result in dry["results"]} == {first, second}
    assert dry["counts"] == {"revoked": 2, "already_revoked": 0, "not_found": 0}
    assert set(before.values()) == {"active"}
    assert sorted(real.splitlines()) == sorted(f"{token_id}  revoked" for token_id in (first, second))
    assert states(person) == {"ci 1": "revoked", "ci 2": "revoked", "report": "active"}


def test_nobody_is_asked_means_nothing_is_revoked(person: Safeconduct) -> None:
    """Away from a terminal --yes must be said; at one, the number is in the question."""
    made(person, "kept")

    piped = person.run("tokens", "revoke", "--unused-since", "2100-01-01")
    with person.at_terminal("tokens", "revoke", "--scope", "embed") as terminal:
        terminal.expect("Revoke 1 token for good? [y/N] ")
        terminal.type("n")
        assert terminal.finish() == 1

    assert piped.returncode == 2
    assert "--yes" in piped.stderr
    assert states(person) == {"kept": "active"}


def test_neither_everything_nor_a_guess(person: Safeconduct) -> None:
    """No condition, conditions beside ids, and what is no time are usage errors before anything is sent."""
    for words in (
        (),
        ("3f2a9c1d", "--scope", "embed"),
        ("3f2a9c1d", "--dry-run"),
        ("--unused-since", "lately"),
    ):
        assert person.run("tokens", "revoke", *words).returncode == 2


def test_an_administrator_sees_pauses_and_ends_anyones(
    administrator: Safeconduct, new_person: NewPerson
) -> None:
    """By name; the owner finds it paused, then revoked with the reason."""
    name, person = new_person()
    token_id = made(person, "theirs")

    [seen] = administrator.json("inventory", "list", "--user", name)
    told = administrator.done("inventory", "list", "--user", name, COLUMNS="200")
    administrator.done("inventory", "pause", token_id)
    paused = states(person)
    administrator.done("inventory", "resume", token_id)
    dry = administrator.done("inventory", "revoke", "--user", name, "--reason", "left", "--dry-run")
    ended = administrator.json("inventory", "revoke", "--user", name, "--reason", "left", "--yes")

    assert (seen["id"], seen["owner"]["name"], "token" in seen) == (token_id, name, False)
    assert name in told
    assert paused == {"theirs": "suspended"}
    assert dry == f"{token_id}  would be revoked\n"
    assert ended["results"] == [{"id": token_id, "outcome": "revoked"}]
    assert person.json("tokens", "show", token_id)["revoke_reason"] == "left"


def test_ids_that_are_not_there_are_told(administrator: Safeconduct, new_person: NewPerson) -> None:
    """What is there is revoked all the same; the exit code says that not all were."""
    token_id = made(new_person()[1], "there")
    gone = "00000000-0000-4000-8000-000000000000"

    ran = administrator.run("inventory", "revoke", token_id, gone, "--reason", "x", "--yes")

    assert ran.returncode == 1
    assert f"{token_id}  revoked" in ran.stdout
    assert f"{gone}: there is no such token" in ran.stderr


def test_a_bar_shows_how_far_it_is(administrator: Safeconduct, new_person: NewPerson) -> None:
    """At a terminal; the answers follow it whole."""
    name, person = new_person()
    token_id = made(person, "barred")

    with administrator.at_terminal(
        "inventory", "revoke", "--user", name, "--reason", "x", columns=120
    ) as terminal:
        terminal.expect("Revoke 1 token for good? [y/N] ")
        terminal.type("y")
        assert terminal.finish() == 0

    assert "revoking" in terminal.record
    assert f"{token_id}  revoked" in terminal.words
