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
