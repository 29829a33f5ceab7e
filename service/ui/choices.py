"""What the form of a token offers to this person: sets, scopes in words, ends, APIs."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta, tzinfo
from typing import Final

from safeconduct.family import Family
from safeconduct.scope import Scope

from service.domain.audience import Audience
from service.domain.catalogue import CatalogueDocument, ScopeSet
from service.domain.issuance import DAY, beyond_grant
from service.domain.user import User
from service.ui.days import end_of, last_day

PRESETS: Final = (7, 30, 90, 365)
USUAL: Final = 90
_OWN_KIND: Final = "personal_access_tokens"


@dataclass(frozen=True, slots=True)
class Preset:
    """An end to choose: so many days, and which day that is."""

    days: int
    last_day: str


@dataclass(frozen=True, slots=True)
class Group:
    """A family with those of its scopes that this person may give."""

    family: Family
    scopes: tuple[Scope, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """`sets` in the catalogue's order, each with its words; `longest` in days; `latest` the last day allowed."""

    sets: tuple[tuple[ScopeSet, str], ...]
    groups: tuple[Group, ...]
    presets: tuple[Preset, ...]
    audiences: tuple[Audience, ...]
    may_never_end: bool
    longest: int
    latest: str
    usual: int


def choices_of(catalogue: CatalogueDocument, user: User, now: int, zone: tzinfo) -> Choices:
    """What `user` may choose from now."""
    scopes, rules = catalogue.scopes, catalogue.policy.of(user)
    longest = rules.max_lifetime_days
    every = [scopes.scope(name) for name in scopes.scopes()]
    beyond = set(beyond_grant([scope.name for scope in every], user.grant, catalogue))
    sets = [each for each in catalogue.sets if not beyond_grant(each.scopes, user.grant, catalogue)]
    groups = (
        Group(family, tuple(s for s in every if s.family == family.name and s.name not in beyond))
        for family in scopes.families
    )
    days = [preset for preset in PRESETS if preset <= longest] or [longest]
    return Choices(
        sets=tuple((each, scopes.in_words(each.scopes)) for each in sets),
        groups=tuple(group for group in groups if group.scopes),
        presets=tuple(Preset(each, _last_day(now + each * DAY, zone)) for each in days),
        audiences=catalogue.audiences,
        may_never_end=rules.allow_no_expiration,
        longest=longest,
        latest=_last_day(now + longest * DAY, zone),
        usual=USUAL if USUAL in days else days[-1],
    )


def all_rights(catalogue: CatalogueDocument, user: User) -> tuple[str, ...]:
    """The fewest scopes that give everything this person may give; never the managing of tokens itself."""
    names = [name for name in catalogue.scopes.scopes() if not name.startswith(_OWN_KIND)]
    beyond = set(beyond_grant(names, user.grant, catalogue))
    return catalogue.scopes.reduced([name for name in names if name not in beyond])


def end_after(days: int, now: int, zone: tzinfo, longest: int) -> int:
    """The end of the day that lies so many days ahead, as far as the policy allows."""
    day = last_day(now + 1, zone) + timedelta(days=days)
    return min(end_of(day, zone), now + longest * DAY)


def modest(scopes: Sequence[Scope]) -> tuple[str, ...]:
    """Those that only read: all that a link from elsewhere may tick (threats 29)."""
    return tuple(
        scope.name
        for scope in scopes
        if scope.family != _OWN_KIND
        and scope.allows
        and all(operation == "read" for _, operation in scope.allows)
    )


def _last_day(moment: int, zone: tzinfo) -> str:
    return last_day(moment, zone).strftime("%d-%m-%Y")
