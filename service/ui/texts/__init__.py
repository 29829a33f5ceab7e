"""Every text that a page shows, a file a language; English is the one that all others follow."""

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

FOLDER: Final = Path(__file__).parent
ENGLISH: Final = "en"
_MINUTE, _HOUR = 60, 3_600
_STEPS: Final = ((_HOUR, "hour"), (_MINUTE, "minute"))


class Texts:
    """The texts of one language by their dotted names."""

    def __init__(self, language: str, tables: Mapping[str, Any]) -> None:
        self.language = language
        self._texts = dict(_flattened(tables))

    def __call__(self, name: str, /, **values: object) -> str:
        """The text with its places filled. Raises KeyError for a name or a value that is missing."""
        text = self._texts[name]
        return text.format_map(values) if values else text

    def count(self, name: str, count: int, /, **values: object) -> str:
        """`name.one` or `name.other`, whichever `count` calls for."""
        return self(f"{name}.{'one' if count == 1 else 'other'}", count=count, **values)

    def find(self, name: str) -> str | None:
        return self._texts.get(name)

    def names(self) -> frozenset[str]:
        return frozenset(self._texts)

    def ago(self, seconds: int, days: int) -> str:
        """How long since: "2 hours ago"; from a day on by `days`, as the calendar counts them."""
        unit, count = _largest(seconds, days)
        return self.count(f"time.ago.{unit}", count) if unit else self("time.just_now")

    def ahead(self, seconds: int, days: int) -> str:
        """How long until: "in 12 days"; from a day on by `days`, as the calendar counts them."""
        unit, count = _largest(seconds, days)
        return self.count(f"time.in.{unit}", count) if unit else self("time.at_once")


def _largest(seconds: int, days: int) -> tuple[str, int]:
    if days:
        return "day", days
    return next(((unit, seconds // step) for step, unit in _STEPS if seconds >= step), ("", 0))


def _flattened(tables: Mapping[str, Any], above: str = "") -> list[tuple[str, str]]:
    flat: list[tuple[str, str]] = []
    for name, value in tables.items():
        flat += _flattened(value, f"{above}{name}.") if isinstance(value, dict) else [(above + name, value)]
    return flat


@cache
def languages() -> Mapping[str, Texts]:
    """Every language there is a file for."""
    return {
        path.stem: Texts(path.stem, tomllib.loads(path.read_text("utf-8")))
        for path in sorted(FOLDER.glob("*.toml"))
    }


def preferred(accept_language: str) -> Texts:
    """The first language of ours that a browser asks for (RFC 9110 section 12.5.4), else English."""
    weighed: list[tuple[float, str]] = []
    for part in accept_language.split(",")[:16]:
        tag, _, weight = part.strip().partition(";q=")
        try:
            weighed.append((-float(weight or 1), tag.lower().partition("-")[0]))
        except ValueError:
            continue
    known = languages()
    return next(
        (known[tag] for _, tag in sorted(weighed, key=lambda w: w[0]) if tag in known), known[ENGLISH]
    )
