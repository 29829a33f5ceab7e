"""tokens show and tokens refusals: what became of a token's uses."""

from tests.cli.bearer import show_itself
from tests.cli.command import Safeconduct

LOOKS = 100
"""Each takes a third of a second; what was seen is written every three."""


def _told(person: Safeconduct, *words: str) -> str:
    """What a command prints once a use by the weekly flow has been written down."""
    return next(text for _ in range(LOOKS) if "weekly-flow" in (text := person.done(*words)))


def test_a_card_shows_where_a_token_was_used(person: Safeconduct) -> None:
    """Address and program of the last use, written down by the running service by itself."""
    made = person.json("tokens", "create", "--note", "n", "--scope", "embed")
    assert show_itself(person, made["token"]) == 200

    shown = " ".join(_told(person, "tokens", "show", made["id"]).split())

    assert "last used ip 127.0.0.1 last used user agent weekly-flow" in shown
    assert "last used just now" in shown


def test_refused_uses_are_told_in_words(person: Safeconduct) -> None:
    """An old value in a flow that nobody changed is seen as what it is."""
    made = person.json("tokens", "create", "--note", "n", "--scope", "embed")
    assert "No refused use is known." in person.run("tokens", "refusals", made["id"]).stderr
    person.done("tokens", "regenerate", made["id"], "--days", "3")
    assert show_itself(person, made["token"]) == 401

    shown = _told(person, "tokens", "refusals", made["id"][:8])
    [refusal] = person.json("tokens", "refusals", made["id"])

    assert "an old value: the token has a new one" in shown
    assert (refusal["reason"], refusal["ip"]) == ("replaced", "127.0.0.1")
