"""What sent a request, in words that people know: "Firefox on Windows"."""

from typing import Final

from service.ui.texts import Texts

_BROWSERS: Final = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("CriOS/", "Chrome"),
    ("Safari/", "Safari"),
)
"""The first that fits: nearly all of them claim to be the later ones as well."""
_SYSTEMS: Final = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("CrOS", "ChromeOS"),
    ("Windows", "Windows"),
    ("Macintosh", "macOS"),
    ("Linux", "Linux"),
)
_LONGEST: Final = 60


def program_of(user_agent: str | None, texts: Texts) -> str:
    """The browser and its system; for anything else the beginning of what it calls itself; empty where it said
    nothing.
    """
    said = user_agent or ""
    system = _first(_SYSTEMS, said)
    browser = _first(_BROWSERS, said)
    if browser and system:
        return texts("program.on", browser=browser, system=system)
    return browser or said[:_LONGEST]


def _first(names: tuple[tuple[str, str], ...], said: str) -> str:
    return next((name for mark, name in names if mark in said), "")
