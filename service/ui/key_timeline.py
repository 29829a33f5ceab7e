"""The life of the keys as a picture: when each was made, signed, verified, and went. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from keys import SigningKey
from service.application.keys import KeyListing

WIDTH: Final = 1_000
ROW: Final = 44
_DAY: Final = 86_400
_AHEAD: Final = 0.22
"""The share of the picture that lies ahead of now."""
_SHORTEST: Final = 14 * _DAY


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of a key's bar: what it did then, from x on, so wide."""

    phase: str
    x: int
    width: int


@dataclass(frozen=True, slots=True)
class Bar:
    """One key: its row's y, the pieces, and the moment when it begins to sign, if that lies ahead."""

    listing: KeyListing
    y: int
    spans: tuple[Span, ...]
    signs_from: int | None


@dataclass(frozen=True, slots=True)
class Timeline:
    """The picture's parts in its own units; `ticks` are (x, moment)."""

    bars: tuple[Bar, ...]
    now_x: int
    height: int
    ticks: tuple[tuple[int, int], ...]


def timeline(listings: Sequence[KeyListing], now: int, *, prepublication: int) -> Timeline:
    """Keys in the order given, from the first one's making to a while after now."""
    first = min((each.key.published_at for each in listings), default=now)
    past = max(now - first, _SHORTEST)
    start, span = now - past, past / (1 - _AHEAD)

    def x_of(moment: int) -> int:
        return round(min(max((moment - start) / span, 0.0), 1.0) * WIDTH)

    bars = []
    for row, listing in enumerate(listings):
        phases = _phases(listing.key, prepublication)
        spans = tuple(
            Span(name, x_of(begin), max(x_of(end) - x_of(begin), 3))
            for name, begin, end in _ended(phases, start, span)
        )
        signs_from = listing.key.published_at + prepublication if listing.key.state == "next" else None
        bars.append(Bar(listing, row * ROW, spans, signs_from))
    step = _step(span)
    whole = int(start // step + 1) * step
    ticks = tuple((x_of(at), at) for at in range(whole, int(start + span), step))
    return Timeline(tuple(bars), x_of(now), max(len(bars), 1) * ROW, ticks)


def _phases(key: SigningKey, prepublication: int) -> list[tuple[str, int]]:
    """(phase, since) in order; the phase "gone" ends the bar."""
    phases = [("next", key.published_at)]
    if key.activated_at is not None:
        phases.append(("active", key.activated_at))
    elif key.state == "next":
        phases.append(("planned", key.published_at + prepublication))
    if key.retired_at is not None:
        phases.append(("retired", key.retired_at))
    if key.removed_at is not None:
        phases.append(("gone", key.removed_at))
    if key.compromised_at is not None:
        phases.append(("compromised", key.compromised_at))
    return phases


def _ended(phases: Sequence[tuple[str, int]], start: float, span: float) -> list[tuple[str, int, int]]:
    """Each phase with its end: the next one's beginning, or the picture's."""
    last = int(start + span)
    ends = [*(since for _, since in phases[1:]), last]
    return [
        (name, since, since + int(span / 90) if name == "compromised" else end)
        for (name, since), end in zip(phases, ends, strict=True)
        if name != "gone"
    ]


def _step(span: float) -> int:
    """The distance of the ticks: about eight of them."""
    for days in (1, 2, 7, 14, 30, 90, 180, 365):
        if span / (days * _DAY) <= 9:
            return days * _DAY
    return 2 * 365 * _DAY
