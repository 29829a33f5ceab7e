"""Overlaps on the command line, and what it does when an answer is lost."""

import shlex
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import pytest

from tests.cli.command import PASSWORD, Safeconduct
from tests.cli.losing_relay import LosingRelay, losing_relay

EMBED = ("--note", "n", "--scope", "embed")


@pytest.fixture
def relay(url: str) -> Iterator[LosingRelay]:
    with losing_relay(url) as relay:
        yield relay


@pytest.fixture
def behind_it(
    new_person: Callable[[], tuple[str, Safeconduct]], relay: LosingRelay, tmp_path: Path
) -> Safeconduct:
    """Somebody who signs in through the relay."""
    name, _ = new_person()
    person = Safeconduct.at(tmp_path / "behind", SAFECONDUCT_URL=relay.url)
    person.done("login", name, lines=(PASSWORD,))
    return person


@pytest.mark.parametrize("lost", [1, 2])
def test_a_create_whose_answer_is_lost_makes_one_token_and_says_what_helps(
    behind_it: Safeconduct, relay: LosingRelay, lost: int
) -> None:
    """The retry finds the token that was made; its value is gone, and the command that makes one is named."""
    relay.call, relay.to_lose = b"POST /v1/personal-access-tokens ", lost

    ran = behind_it.run("tokens", "create", *EMBED, "--days", "5")
    [made] = behind_it.json("tokens", "list")
    first, command = ran.stderr.splitlines()
    program, *words = shlex.split(command)
    again = behind_it.json(*words)

    assert (ran.returncode, ran.stdout, relay.to_lose) == (1, "", 0)
    assert made["id"] in first
    assert (program, again["id"]) == ("safeconduct", made["id"])
    assert again["token"].startswith("eyJ")


def test_an_answer_that_arrives_asks_once(behind_it: Safeconduct) -> None:
    """Two equal commands are two requests: each has a key of its own."""
    made = [behind_it.json("tokens", "create", *EMBED) for _ in range(2)]

    assert made[0]["id"] != made[1]["id"]


@pytest.mark.parametrize(("said", "seconds"), [("90s", 90), ("15m", 900), ("1h", 3_600), ("7d", 604_800)])
def test_an_old_value_goes_on_for_an_overlap(person: Safeconduct, said: str, seconds: int) -> None:
    """A number and its unit; the answer says until when."""
    made = person.json("tokens", "create", *EMBED)

    started = int(time.time())
    renewed = person.json(
        "tokens", "regenerate", made["id"], "--days", "30", "--overlap", said, "--until-used"
    )

    end = datetime.fromisoformat(renewed["old_value_ends_at"])
    assert renewed["id"] == made["id"]
    assert 0 <= end.timestamp() - started - seconds < 60


@pytest.mark.parametrize("said", ["1", "h", "1w", "-1h", "1.5h", "", "²h"])
def test_what_is_no_time_is_a_usage_error(person: Safeconduct, said: str) -> None:
    """Nothing is guessed, and nothing sent."""
    ran = person.run("tokens", "regenerate", "3f2a9c1d", "--days", "1", f"--overlap={said}")

    assert ran.returncode == 2
    assert "90s, 15m, 1h or 2d" in ran.stderr


def test_an_overlap_until_used_needs_its_longest(person: Safeconduct) -> None:
    """The service says what is missing; the old value lives on."""
    made = person.json("tokens", "create", *EMBED)

    ran = person.run("tokens", "regenerate", made["id"], "--days", "1", "--until-used")

    assert ran.returncode == 1
    assert "(needs_overlap)" in ran.stderr
