"""Whose pages these are: the operator's name, logo, accent and support link."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from service.settings import Settings

ACCENT_FILE: Final = "accent.css"
_COLOUR: Final = re.compile(r"#[0-9a-fA-F]{6}")
_READABLE: Final = 4.5
"""The contrast that text needs (WCAG 2.2, 1.4.3)."""
_PAPER, _NIGHT = "#ffffff", "#12161d"


@dataclass(frozen=True, slots=True)
class Brand:
    """`logo` is the name of an asset, empty for our seal."""

    name: str
    logo: str
    support_link: str


def brand_of(settings: Settings) -> Brand:
    suffix = Path(settings.brand_logo).suffix.lower()
    return Brand(settings.brand_name, f"logo{suffix}" if suffix else "", settings.support_link)


def brand_assets(settings: Settings) -> dict[str, bytes]:
    """The files that the operator's settings make."""
    files = {ACCENT_FILE: accent_sheet(settings.brand_accent).encode()}
    if settings.brand_logo:
        path = Path(settings.brand_logo)
        files[f"logo{path.suffix.lower()}"] = path.read_bytes()
    return files


def accent_sheet(accent: str) -> str:
    """The accent for both schemes, moved towards black or white until text in it can be read; empty for ours."""
    if not _COLOUR.fullmatch(accent):
        return ""
    day, night = _readable(accent, _PAPER), _readable(accent, _NIGHT)
    return (
        f":root{{--accent:{day};--on-accent:{_on(day)}}}"
        f"@media (prefers-color-scheme:dark){{:root{{--accent:{night};--on-accent:{_on(night)}}}}}\n"
    )


def _on(colour: str) -> str:
    return max(("#ffffff", "#000000"), key=lambda text: contrast(text, colour))


def _readable(colour: str, ground: str) -> str:
    goal = 0 if _luminance(ground) > 0.5 else 255
    for step in range(21):
        mixed = _mix(colour, goal, step / 20)
        if contrast(mixed, ground) >= _READABLE:
            return mixed
    return _mix(colour, goal, 1)


def contrast(one: str, other: str) -> float:
    """The ratio of WCAG 2.2, 1 to 21."""
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: str) -> float:
    channels = (channel / 255 for channel in _channels(colour))
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _mix(colour: str, goal: int, share: float) -> str:
    return "#" + "".join(f"{round(channel + (goal - channel) * share):02x}" for channel in _channels(colour))


def _channels(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)
