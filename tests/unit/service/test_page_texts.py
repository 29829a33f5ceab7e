import re
import string
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from service.ui.page import Times
from service.ui.texts import ENGLISH, languages, preferred

UI = Path(__file__).parents[3] / "service" / "ui"
SPOKEN = re.compile(r"""(?<![\w.])(?:t|texts|self\.texts)(?:\.count)?\(\s*['"]([a-z_.]+)['"]\s*[,)]""")


def places(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


@pytest.mark.parametrize("language", sorted(languages()))
def test_every_language_says_everything_that_english_says(language: str) -> None:
    """The same names with the same places to fill, so that no page breaks in a language."""
    english, other = languages()[ENGLISH], languages()[language]

    assert other.names() == english.names()
    differing = {
        name: (places(english._texts[name]), places(other._texts[name]))
        for name in english.names()
        if places(english._texts[name]) != places(other._texts[name])
    }
    assert differing == {}


def test_every_text_that_a_page_asks_for_is_there() -> None:
    """A name that is spelt wrong is found before anybody sees the page."""
    sources = [*UI.rglob("*.html"), *UI.rglob("*.py")]
    asked = {(path.name, name) for path in sources for name in SPOKEN.findall(path.read_text())}
    known = languages()[ENGLISH].names()

    missing = {
        (path, name)
        for path, name in asked
        if name not in known and f"{name}.one" not in known and not name.endswith(".")
    }

    assert len(asked) > 250
    assert missing == set()


@pytest.mark.parametrize(
    ("accepts", "language"),
    [
        ("", "en"),
        ("de-DE,de;q=0.9,en;q=0.8", "de"),
        ("fr,en;q=0.5,de;q=0.9", "de"),
        ("xx, *;q=0.1", "en"),
        ("de;q=nonsense", "en"),
        (",,;q=;;", "en"),
    ],
)
def test_the_browser_says_which_language(accepts: str, language: str) -> None:
    """RFC 9110 section 12.5.4; whatever cannot be understood means English."""
    assert preferred(accepts).language == language


NOON = int(datetime(2026, 11, 22, 12, tzinfo=ZoneInfo("Europe/Berlin")).timestamp())
HOUR, DAY = 3_600, 86_400


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "just now"),
        (-59, "just now"),
        (-60, "1 minute ago"),
        (-7_300, "2 hours ago"),
        (-DAY, "yesterday"),
        (-DAY - 13 * HOUR, "2 days ago"),
        (23 * HOUR, "in 23 hours"),
        (DAY + 12 * HOUR, "tomorrow"),
        (DAY + 12 * HOUR + 1, "in 2 days"),
        (12 * DAY, "in 12 days"),
    ],
)
def test_times_are_said_as_people_say_them(seconds: int, words: str) -> None:
    """In the largest unit, and days as the calendar has them: what ends with tomorrow ends tomorrow, one second later
    it ends in two days.
    """
    times = Times(languages()[ENGLISH], ZoneInfo("Europe/Berlin"), NOON)

    assert times.relative(NOON + seconds) == words
