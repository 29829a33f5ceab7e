"""users grant, role, enable."""

from collections.abc import Callable

from tests.cli.command import PASSWORD, Safeconduct

NewPerson = Callable[[], tuple[str, Safeconduct]]


def _token(person: Safeconduct, scope: str) -> str:
    return person.json("tokens", "create", "--note", f"for {scope}", "--scope", scope)["id"]


def _state(person: Safeconduct, token_id: str) -> str:
    return person.json("tokens", "show", token_id)["state"]


def test_a_grant_is_narrowed_once_it_was_seen_and_agreed_to(
    administrator: Safeconduct, new_person: NewPerson
) -> None:
    """What would end is named, then asked; no changes nothing, yes ends exactly that."""
    name, person = new_person()
    wide, within = _token(person, "embed"), _token(person, "company:view")

    with administrator.at_terminal("users", "grant", name, "--scope", "company", columns=120) as terminal:
        terminal.expect("[y/N] ")
        terminal.type("n")
        assert terminal.finish() == 1
    between = _state(person, wide)
    with administrator.at_terminal("users", "grant", name, "--scope", "company", columns=120) as terminal:
        terminal.expect("[y/N] ")
        terminal.type("y")
        assert terminal.finish() == 0

    assert f"{wide}  for embed: embed" in terminal.words
    assert "1 token beyond that would end" in terminal.words
    assert "1 token value revoked" in terminal.words
    assert (between, _state(person, wide), _state(person, within)) == ("active", "revoked", "active")


def test_a_script_looks_says_yes_and_reads_json(administrator: Safeconduct, new_person: NewPerson) -> None:
    """A dry run changes nothing; without --yes and without a terminal nothing happens either."""
    name, person = new_person()
    made = _token(person, "embed")

    seen = administrator.json("users", "grant", name, "--scope", "company,dashboard", "--dry-run")
    unasked = administrator.run("users", "grant", name, "--scope", "company")
    between = _state(person, made)
    done = administrator.json("users", "grant", name, "--scope", "company", "--scope", "dashboard", "--yes")

    assert (unasked.returncode, between) == (2, "active")
    assert (seen["beyond"]["count"], seen["dry_run"]) == (1, True)
    assert (done["grant"]["scopes"], done["revoked_values"]) == (["company", "dashboard"], 1)
    assert administrator.json("users", "grant", name, "--all", "--yes")["grant"]["kind"] == "all"
    assert administrator.json("users", "grant", name, "--default", "--yes")["grant"]["kind"] == "default"


def test_a_machine_is_narrowed_by_its_name(administrator: Safeconduct) -> None:
    """The same command for whom an administrator delegated to."""
    administrator.done(
        "machines", "create", "narrowed-robot", "--responsible", "ann", "--grant", "embed,company"
    )
    administrator.done(
        "machines", "token", "narrowed-robot", "--note", "n", "--scope", "embed", "--value-only"
    )

    done = administrator.json("users", "grant", "narrowed-robot", "--scope", "company", "--yes")

    assert (done["user"]["kind"], done["revoked_values"]) == ("machine", 1)


def test_a_role_is_changed_and_takes_effect_at_the_next_sign_in(
    administrator: Safeconduct, new_person: NewPerson
) -> None:
    """The session of the former role has ended; an auditor makes no token, with a code that says so."""
    name, person = new_person()

    told = administrator.done("users", "role", name, "auditor")
    ended = person.run("whoami")
    person.done("login", name, lines=(PASSWORD,))
    refused = person.run("tokens", "create", "--note", "n", "--scope", "embed")

    assert told == f"{name} is an auditor now\n"
    assert "session has ended" in ended.stderr
    assert "(auditor_changes_nothing)" in refused.stderr


def test_the_last_administrator_stays(administrator: Safeconduct) -> None:
    """The command line repeats why."""
    demoted = administrator.run("users", "role", "ann", "user")
    disabled = administrator.run("users", "disable", "ann", "--yes")

    assert [ran.returncode for ran in (demoted, disabled)] == [1, 1]
    assert "(last_administrator)" in demoted.stderr
    assert "(last_administrator)" in disabled.stderr


def test_a_disabled_person_comes_back_to_dead_tokens(
    administrator: Safeconduct, new_person: NewPerson
) -> None:
    """They may sign in again; what was revoked stays revoked."""
    name, person = new_person()
    made = _token(person, "embed")
    administrator.done("users", "disable", name, "--yes")
    locked_out = person.run("login", name, lines=(PASSWORD,))

    told = administrator.done("users", "enable", name)
    person.done("login", name, lines=(PASSWORD,))

    assert locked_out.returncode == 1
    assert told == f"enabled {name}; what was revoked stays revoked\n"
    assert _state(person, made) == "revoked"
