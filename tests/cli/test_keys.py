"""keys list, rotate, compromise."""

import json

from tests.cli.command import Safeconduct


def _keys(administrator: Safeconduct, state: str, purpose: str = "access_token") -> list[dict[str, object]]:
    keys = administrator.json("keys", "list")
    return [key for key in keys if (key["state"], key["purpose"]) == (state, purpose)]


def test_the_list_of_keys_fits_eighty_columns(administrator: Safeconduct) -> None:
    """Purpose, algorithm, state, since and live tokens are whole; of a kid as much as there is room for."""
    [active] = _keys(administrator, "active")

    with administrator.at_terminal("keys", "list") as terminal:
        assert terminal.finish() == 0
    lines = terminal.words.splitlines()
    [row] = [line.split() for line in lines if line.startswith(active["kid"][:12])]

    assert all(len(line) <= 80 for line in lines)
    assert row[1:4] == ["access_token", "ES256", "active"]
    assert active["kid"] in administrator.done("keys", "list")


def test_rotating_too_early_is_refused_in_the_services_words(administrator: Safeconduct) -> None:
    """Verifiers must have been able to learn the next key first."""
    ran = administrator.run("keys", "rotate", "--purpose", "status_list")

    assert ran.returncode == 1
    assert "(next_key_too_young)" in ran.stderr


def test_a_dry_run_counts_and_changes_nothing(administrator: Safeconduct) -> None:
    """The drill can be looked at before it is done."""
    administrator.done("tokens", "create", "--note", "n", "--scope", "embed")
    [active] = _keys(administrator, "active")

    told = administrator.json("keys", "compromise", "--reason", "a drill", "--dry-run", "--", active["kid"])

    assert told["revoked_values"] >= 1
    assert _keys(administrator, "active") == _keys(administrator, "active")
    assert _keys(administrator, "compromised") == []


def test_a_compromise_is_asked_first_and_ends_what_the_key_signed(own_administrator: Safeconduct) -> None:
    """The question says how many values go; after it the next key signs and the tokens are revoked."""
    administrator = own_administrator
    made = administrator.json("tokens", "create", "--note", "n", "--scope", "embed")
    [active] = _keys(administrator, "active")
    drill = ("keys", "compromise", "--reason", "found in a backup", "--", active["kid"][:10])

    with administrator.at_terminal(*drill) as terminal:
        terminal.expect("1 live value that it signed, for good? [y/N] ")
        terminal.type("n")
        assert terminal.finish() == 1
    assert _keys(administrator, "compromised") == []
    with administrator.at_terminal(*drill) as terminal:
        terminal.expect("[y/N] ")
        terminal.type("yes")
        assert terminal.finish() == 0

    assert "1 live value revoked" in terminal.words
    assert [key["kid"] for key in _keys(administrator, "compromised")] == [active["kid"]]
    assert administrator.json("tokens", "list", "--state", "revoked")[0]["id"] == made["id"]


def test_a_script_says_yes_beforehand(own_administrator: Safeconduct) -> None:
    """--yes asks nothing; without it, away from a terminal, nothing happens; --json is the API's answer."""
    [active] = _keys(own_administrator, "active", "status_list")
    drill = ("keys", "compromise", "--reason", "a drill", "--json")

    unasked = own_administrator.run(*drill, "--", active["kid"])
    done = own_administrator.run(*drill, "--yes", "--", active["kid"])

    assert unasked.returncode == 2
    assert {change["step"] for change in json.loads(done.stdout)["changes"]} >= {"compromise", "activate"}


def test_a_key_that_is_not_clear_is_not_compromised(administrator: Safeconduct) -> None:
    """Too short a beginning and an unknown kid are refused before anything is sent."""
    [active] = _keys(administrator, "active")

    for kid in (active["kid"][:5], "x" * 43):
        ran = administrator.run("keys", "compromise", "--reason", "r", "--yes", "--", kid)

        assert ran.returncode == 1
        assert "no key begins with" in ran.stderr


def test_the_people_and_apis_that_a_compromise_hits_are_named(own_administrator: Safeconduct) -> None:
    """Before and after: whom to call, for people and, with --json, for machines."""
    administrator = own_administrator
    for _ in range(2):
        administrator.done("tokens", "create", "--note", "n", "--scope", "embed")
    [active] = _keys(administrator, "active")
    drill = ("keys", "compromise", "--reason", "found", "--", active["kid"])

    seen = administrator.done(*drill[:2], "--dry-run", *drill[2:])
    done = administrator.json(*drill[:2], "--yes", *drill[2:])

    assert "ann" in seen
    assert [(owner["name"], owner["tokens"]) for owner in done["owners"]] == [("ann", 2)]
    assert [audience["tokens"] for audience in done["audiences"]] == [2]


def test_public_keys_come_as_pem(administrator: Safeconduct) -> None:
    """For gateways that read no JWKS: what verifies access tokens, without signing in; the private part nowhere."""
    published = {key["kid"] for state in ("active", "next") for key in _keys(administrator, state)}

    pem = administrator.done("keys", "export", "--pem")
    jwks = administrator.json("keys", "export", "--purpose", "all")

    assert {line.split()[1] for line in pem.splitlines() if line.startswith("# ")} == published
    assert pem.count("-----BEGIN PUBLIC KEY-----") == len(published)
    assert "PRIVATE" not in pem
    assert {key["purpose"] for key in jwks["keys"]} == {"access_token", "status_list"}
    assert administrator.run("keys", "export", "nosuchkey").returncode == 1
