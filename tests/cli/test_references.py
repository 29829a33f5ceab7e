"""Short references at the command line."""

import re

from service.domain.reference import is_reference
from tests.cli.bearer import show_itself
from tests.cli.command import Safeconduct

OK, UNAUTHORIZED = 200, 401


def test_a_pipe_gets_the_short_reference_alone(person: Safeconduct) -> None:
    """Who asks for one stores that one; JSON has both, and later there is its hint."""
    words = ("tokens", "create", "--note", "small field", "--scope", "embed", "--reference")

    piped = person.done(*words).strip()
    made = person.json(*words)

    assert is_reference(piped)
    assert made["reference"] != piped
    assert made["token"].count(".") == 2
    assert made["reference_hint"] in person.done("tokens", "show", made["id"])


def test_rights_and_end_are_edited_in_place(person: Safeconduct) -> None:
    """No new value, which without a reference the refusal tells the command for."""
    made = person.json("tokens", "create", "--note", "n", "--scope", "embed", "--reference")
    plain = person.json("tokens", "create", "--note", "n", "--scope", "embed")
    change = ("--scope", "company:view,embed:view", "--days", "80")

    changed = person.json("tokens", "edit", made["id"], *change)
    refused = person.run("tokens", "edit", plain["id"], *change)

    assert changed["scopes"] == ["company:view", "embed:view"]
    assert show_itself(person, made["reference"]) == OK
    assert show_itself(person, made["token"]) == UNAUTHORIZED
    assert "tokens regenerate" in refused.stderr
    assert "--scope company:view,embed:view" in refused.stderr


def test_scanners_are_told_of_both_forms(person: Safeconduct) -> None:
    """Each value whole, in the midst of other text, and no word that only begins like one."""
    made = person.json("tokens", "create", "--note", "n", "--scope", "embed", "--reference")
    pattern = person.json("leaks", "pattern")["pattern"]

    found = re.findall(pattern, f'a="{made["token"]}"; b={made["reference"]}; c=sct_short')

    assert found == [made["token"], made["reference"]]
    assert "sct_" in person.done("leaks", "pattern", "--format", "gitleaks")
