"""machines create, list, token, disable."""

from collections.abc import Callable

from tests.cli.command import Safeconduct

NewPerson = Callable[[], tuple[str, Safeconduct]]


def test_a_machine_lives_and_dies(administrator: Safeconduct, new_person: NewPerson) -> None:
    """Made with somebody who answers for it, given a token, listed, disabled."""
    name, _ = new_person()
    made = administrator.json(
        "machines", "create", "Robot", "--responsible", name, "--grant", "embed,company"
    )

    value = administrator.done("machines", "token", "robot", "--note", "cron", "--scope", "embed")
    [inventory] = administrator.json("inventory", "list", "--user", "robot")
    listed = administrator.done("machines", "list")
    ended = administrator.done("machines", "disable", "robot", "--yes")

    assert [person["name"] for person in made["responsible"]] == [name]
    assert len(value.splitlines()) == 1
    assert value.count(".") == 2
    assert (inventory["owner"]["kind"], inventory["note"]) == ("machine", "cron")
    assert listed.splitlines()[-1].split()[:3] == [made["id"], "Robot", name]
    assert ended == "disabled robot; 1 token value revoked\n"


def test_nobody_answers_for_nothing(administrator: Safeconduct) -> None:
    """Without a responsible person there is no machine; an unknown name is told, not guessed."""
    bare = administrator.run("machines", "create", "bare")
    unknown = administrator.run("machines", "disable", "nobody-knows", "--yes")

    assert bare.returncode == 2
    assert unknown.returncode == 1
    assert "nobody-knows" in unknown.stderr


def test_others_answer_for_it_and_its_token_is_renewed(
    administrator: Safeconduct, new_person: NewPerson
) -> None:
    """In words and as JSON; a value alone on its line."""
    (first, _), (second, _) = new_person(), new_person()
    administrator.done("machines", "create", "renewed", "--responsible", first)
    administrator.done("machines", "token", "renewed", "--note", "cron", "--scope", "embed")
    [token] = administrator.json("inventory", "list", "--user", "renewed")

    said = administrator.done("machines", "responsible", "renewed", second, first)
    changed = administrator.json("machines", "responsible", "renewed", second)
    none = administrator.run("machines", "responsible", "renewed")
    value = administrator.done(
        *("machines", "regenerate", "renewed", token["id"], "--days", "9", "--overlap", "1h")
    )
    renewed = administrator.json("machines", "regenerate", "renewed", token["id"], "--days", "9")

    assert {first, second} <= set(said.split())
    assert [person["name"] for person in changed["responsible"]] == [second]
    assert none.returncode == 2
    assert (len(value.splitlines()), value.count(".")) == (1, 2)
    assert (renewed["id"], renewed["token"].count(".")) == (token["id"], 2)
    assert "--overlap" in administrator.done("machines", "regenerate", "--help")
    unknown = administrator.run("machines", "regenerate", "renewed", "../x", "--days", "9")
    assert (unknown.returncode, unknown.stdout) == (1, "")
