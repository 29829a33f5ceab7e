"""Tokens as rows that people understand at a glance."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from safeconduct.scope import UnknownScope

from service.domain.catalogue import CatalogueDocument
from service.domain.identifiers import to_wire
from service.domain.token import Token, TokenState

_DAY: Final = 86_400
SOON: Final = 14 * _DAY
VERY_SOON: Final = 3 * _DAY
_CHIPS: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """`urgency` is "", "soon" (14 days) or "very-soon" (3 days); `reports_use` whether "never used" can be believed."""

    id: str
    token: Token
    state: TokenState
    chips: tuple[str, ...]
    more: tuple[str, ...]
    urgency: str
    reports_use: bool

    @property
    def begins_later(self) -> bool:
        return self.token.not_before is not None and self.state is TokenState.ACTIVE


def rows_of(tokens: Sequence[Token], catalogue: CatalogueDocument, now: int) -> list[Row]:
    reporting = {audience.id: audience.reports_use for audience in catalogue.audiences}
    titles: dict[tuple[str, ...], tuple[str, ...]] = {}
    for token in tokens:
        if token.scopes not in titles:
            titles[token.scopes] = scope_titles(token.scopes, catalogue)
    return [row_of(token, titles[token.scopes], now, reporting) for token in tokens]


def row_of(token: Token, titles: tuple[str, ...], now: int, reporting: Mapping[str, bool]) -> Row:
    """`titles` are those of its scopes, `reporting` says which APIs report use."""
    state = token.state(now)
    return Row(
        id=to_wire(token.id),
        token=token,
        state=state,
        chips=titles[:_CHIPS],
        more=titles[_CHIPS:],
        urgency=_urgency(token, now) if state is TokenState.ACTIVE else "",
        reports_use=token.latest_use is not None
        or any(reporting.get(each, False) for each in token.audiences),
    )


def scope_titles(scopes: Iterable[str], catalogue: CatalogueDocument) -> tuple[str, ...]:
    """One set's name where the scopes are a set, else their titles; names that the catalogue lost stay as they are."""
    names = tuple(scopes)
    for each in catalogue.sets:
        if set(each.scopes) == set(names):
            return (each.name,)
    return tuple(scope_title(name, catalogue) for name in names)


def scope_title(name: str, catalogue: CatalogueDocument) -> str:
    """What people call it; the name itself where the catalogue has none."""
    try:
        return catalogue.scopes.scope(name).title or name
    except UnknownScope:
        return name


def _urgency(token: Token, now: int) -> str:
    if token.expires_at is None or token.expires_at - now > SOON:
        return ""
    return "very-soon" if token.expires_at - now <= VERY_SOON else "soon"
