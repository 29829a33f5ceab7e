"""tokens check: in words, by the published keys and lists, and by what the service knows."""

import json

from safeconduct.examine import bare

from tests.cli.bearer import show_itself
from tests.cli.command import Safeconduct

EMBED = ("--note", "weekly flow", "--scope", "embed")


def _value(person: Safeconduct, *words: str) -> tuple[str, str]:
    made = person.json("tokens", "create", *EMBED, *words)
    return made["id"], made["token"]


def test_a_token_is_told_in_words(person: Safeconduct, stranger: Safeconduct) -> None:
    """Who it is from, what for, until when and whether it holds; its owner hears besides which one it is."""
    _, value = _value(person)

    own = person.run("tokens", "check", lines=(f"Bearer {value}",))
    others = stranger.run("tokens", "check", lines=(value,))

    assert (own.returncode, others.returncode) == (0, 0)
    for ran in (own, others):
        assert ran.stdout.startswith("This token holds.")
        assert f"issued by  {person.env['SAFECONDUCT_URL']}" in ran.stdout
        assert "yes status" in ran.stdout
        assert value not in ran.stdout + ran.stderr
    assert "The service knows it: it is honoured" in own.stdout
    assert "weekly flow" in own.stdout
    assert "weekly flow" not in others.stdout


def test_why_it_does_not_hold_is_told(person: Safeconduct, stranger: Safeconduct) -> None:
    """Exit code 1, the step that failed, and from the service the reason that no signature can show."""
    token_id, value = _value(person)
    broken = f"{value[:-4]}AAAA"
    person.done("tokens", "regenerate", token_id, "--days", "3")

    replaced = person.json_of(1, "tokens", "check", lines=(value,))
    forged = stranger.json_of(1, "tokens", "check", lines=(broken,))
    scope = stranger.json_of(1, "tokens", "check", "--scope", "company", lines=(_value(person)[1],))
    foreign = stranger.json_of(1, "tokens", "check", "--audience", "https://x.example", lines=(value,))
    nonsense = stranger.json_of(1, "tokens", "check", lines=("nonsense",))

    assert (replaced["service"]["holds"], replaced["service"]["reason"]) == (False, "replaced")
    assert (forged["code"], forged["service"]) == ("bad_signature", None)
    assert (scope["code"], foreign["code"], nonsense["code"]) == (
        "insufficient_scope",
        "token_wrong_api",
        "token_malformed",
    )


def test_a_token_bound_to_addresses_is_judged_from_a_good_one(person: Safeconduct) -> None:
    """Unless another one is named."""
    _, value = _value(person, "--allow-ip", "10.0.0.0/8")

    assert person.run("tokens", "check", lines=(value,)).returncode == 0
    refused = person.json_of(1, "tokens", "check", "--from-ip", "192.0.2.1", lines=(value,))

    assert refused["code"] == "token_address_not_allowed"


def test_an_issuer_that_cannot_be_asked_is_no_verdict(person: Safeconduct) -> None:
    """Exit code 3: neither yes nor no."""
    _, value = _value(person)

    ran = person.run("--json", "tokens", "check", "--url", "http://localhost:9", lines=(value,))

    assert ran.returncode == 3
    assert json.loads(ran.stdout)["holds"] is None


def test_to_check_a_token_is_no_use_of_it(person: Safeconduct) -> None:
    """`last_used` stays empty, whatever is looked at how often."""
    (token_id, value), (used_id, used) = _value(person), _value(person)
    person.run("tokens", "check", lines=(value,))
    assert show_itself(person, used) == 200

    written = next(
        shown
        for _ in range(100)
        if (shown := {each["id"]: each for each in person.json("tokens", "list")})[used_id]["last_used"]
    )

    assert written[token_id]["last_used"] is None


def test_the_word_before_a_token_is_left_out() -> None:
    """People copy the whole header."""
    assert [bare(text) for text in ("x.y.z", " bearer x.y.z ", "Bearer  x.y.z")] == ["x.y.z"] * 3


def test_a_new_token_like_another(person: Safeconduct) -> None:
    """Note, scopes, API, networks and metadata are taken over unless something else is said; the end never is."""
    token_id, _ = _value(person, "--allow-ip", "10.0.0.0/8", "--days", "7")
    person.done("tokens", "revoke", token_id)

    same = person.json("tokens", "create", "--like", token_id[:8])
    other = person.json("tokens", "create", "--like", token_id[:8], "--note", "other", "--days", "1")
    nothing = person.run("tokens", "create", "--note", "x")

    taken = ("note", "scopes", "audience", "allowed_ips", "state")
    assert [same[name] for name in taken] == [
        "weekly flow",
        ["embed"],
        same["audience"],
        ["10.0.0.0/8"],
        "active",
    ]
    assert (other["note"], other["scopes"]) == ("other", ["embed"])
    assert nothing.returncode == 2
    assert "say --scope, or --like which token" in nothing.stderr
