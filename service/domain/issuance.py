"""What a token may be: the request, judged against catalogue, policy and grant. Pure; every fault at once."""

import ipaddress
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from safeconduct.claims import AUDIENCES_LIMIT
from safeconduct.scope import UnknownScope

from service.domain.audience import Audience
from service.domain.catalogue import MOST_SCOPES, CatalogueDocument
from service.domain.errors import AuditorChangesNothing, Fault, Faulty, NotAllowed, ScopeExceedsGrant
from service.domain.policy import Rules
from service.domain.reference_rules import managing_faults
from service.domain.token import NEVER
from service.domain.user import Grant, GrantKind, Role, User

DAY = 86_400
MAX_NOTE = 255
MAX_ALLOWED_IPS = 32


@dataclass(frozen=True, slots=True)
class Expiry:
    """When a token ends: whole `days` from now, at a time, or, with neither, never."""

    days: int | None = None
    at: int | None = None

    def moment(self, now: int) -> int | None:
        return now + self.days * DAY if self.days is not None else self.at


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenRequest:
    """What was asked for. A member that could not be read is None, and `faults` says why. `reference` None: as it was,
    for a new token without one.
    """

    note: str | None
    scopes: tuple[str, ...] | None
    expiry: Expiry | None
    audiences: tuple[str, ...] = ()
    not_before: int | None = None
    allowed_ips: tuple[str, ...] | None = None
    metadata: Mapping[str, Any] | None = None
    reference: bool | None = None
    faults: tuple[Fault, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Permitted:
    """A request after judgement: canonical scopes in the order asked, audiences, and the end or None."""

    note: str
    scopes: tuple[str, ...]
    audiences: tuple[str, ...]
    allowed_ips: tuple[str, ...]
    not_before: int | None
    expires_at: int | None
    metadata: Mapping[str, Any] | None

    @property
    def exp(self) -> int:
        """The `exp` claim."""
        return NEVER if self.expires_at is None else self.expires_at


def maker(owner: User | None) -> User:
    """The one whose tokens are made, if any may be.

    Raises:
        NotAllowed: disabled, or gone.
        AuditorChangesNothing: also no token of their own.
    """
    if owner is None or owner.disabled_at is not None:
        raise NotAllowed("this account is disabled")
    if owner.role is Role.AUDITOR:
        raise AuditorChangesNothing
    return owner


def permit(
    request: TokenRequest, *, grant: Grant, rules: Rules, catalogue: CatalogueDocument, now: int
) -> Permitted:
    """The token that may be made of `request` by whom `grant` and `rules` are for.

    Raises:
        Faulty: values that are not acceptable, all of them.
        ScopeExceedsGrant: everything is acceptable but reaches beyond what the owner may hand out.
    """
    faults = list(request.faults) or _missing(request)
    note = _note(request.note, faults)
    scopes = known_scopes(request.scopes, catalogue, faults)
    audiences = _audiences(request, catalogue, faults)
    networks = _networks(request.allowed_ips or (), faults)
    expires_at = _expires_at(request, rules, now, faults)
    if request.reference:
        faults += managing_faults(scopes, catalogue)
    if faults:
        raise Faulty(faults)
    if beyond := beyond_grant(scopes, grant, catalogue):
        raise ScopeExceedsGrant(beyond)
    not_before = request.not_before if request.not_before is not None and request.not_before > now else None
    return Permitted(
        note=note,
        scopes=scopes,
        audiences=audiences,
        allowed_ips=networks,
        not_before=not_before,
        expires_at=expires_at,
        metadata=request.metadata,
    )


def beyond_grant(scopes: Sequence[str], grant: Grant, catalogue: CatalogueDocument) -> tuple[str, ...]:
    """Those of `scopes` that the grant does not cover."""
    granted = grant.scopes if grant.kind is GrantKind.LISTED else catalogue.default_grant
    if grant.kind is GrantKind.ALL or granted is None:
        return ()
    return catalogue.scopes.beyond(granted, scopes)


def known_scopes(
    asked: Sequence[str] | None, catalogue: CatalogueDocument, faults: list[Fault]
) -> tuple[str, ...]:
    """Canonical names in the order asked, sets expanded, duplicates folded."""
    if asked is None:
        return ()
    found: dict[str, None] = {}
    sets = {each.name: each.scopes for each in catalogue.sets}
    for position, name in enumerate(asked):
        if name in sets:
            found.update(dict.fromkeys(sets[name]))
            continue
        try:
            found[catalogue.scopes.canonical(name)] = None
        except UnknownScope:
            faults.append(Fault(f"scopes[{position}]", "unknown_scope", f"{name!r} is in no catalogue here"))
    if not asked:
        faults.append(Fault("scopes", "too_short", "name at least one scope"))
    if len(found) > MOST_SCOPES:
        faults.append(Fault("scopes", "too_long", f"at most {MOST_SCOPES} scopes"))
    return tuple(found)


def text_fault(where: str, text: str, *, longest: int) -> Fault | None:
    """Why `text` may not be kept: empty, too long (in code points), or with control characters or half
    characters.
    """
    if not text:
        return Fault(where, "too_short", "must not be empty")
    if len(text) > longest:
        return Fault(where, "too_long", f"at most {longest} characters")
    if any(unicodedata.category(character) in {"Cc", "Cs"} for character in text):
        return Fault(where, "invalid_characters", "no control characters")
    return None


def _missing(request: TokenRequest) -> list[Fault]:
    """A member that nobody judged is no member: least of all an end that was forgotten is no "never"."""
    members = {"note": request.note, "scopes": request.scopes, "expiration": request.expiry}
    return [Fault(name, "required", "must be given") for name, value in members.items() if value is None]


def _note(note: str | None, faults: list[Fault]) -> str:
    trimmed = (note or "").strip()
    if note is not None and (fault := text_fault("note", trimmed, longest=MAX_NOTE)):
        faults.append(fault)
    return trimmed


def _audiences(request: TokenRequest, catalogue: CatalogueDocument, faults: list[Fault]) -> tuple[str, ...]:
    registered = {audience.id: audience for audience in catalogue.audiences}
    chosen = tuple(dict.fromkeys(request.audiences)) or (catalogue.default_audience.id,)
    unknown = [
        Fault(f"audience[{position}]", "unknown_audience", f"{name!r} is not registered")
        for position, name in enumerate(request.audiences)
        if name not in registered
    ]
    if len(chosen) > AUDIENCES_LIMIT:
        faults.append(Fault("audience", "too_long", f"at most {AUDIENCES_LIMIT} audiences"))
    taken = [registered[name] for name in chosen if name in registered]
    faults += unknown or _meaningless(request.scopes or (), taken, catalogue)
    return chosen


def _meaningless(
    asked: Sequence[str], audiences: Sequence[Audience], catalogue: CatalogueDocument
) -> list[Fault]:
    """A fault for each scope or set asked for of which something means nothing to any of the APIs."""
    names = " or ".join(audience.id for audience in audiences)
    return [
        Fault(f"scopes[{position}]", "not_for_audience", f"{name!r} means nothing to {names}")
        for position, name in enumerate(asked)
        if not all(
            any(audience.takes(catalogue.scopes.scope(scope).family) for audience in audiences)
            for scope in known_scopes((name,), catalogue, [])
        )
    ]


def _networks(asked: Sequence[str], faults: list[Fault]) -> tuple[str, ...]:
    networks: dict[str, None] = {}
    for position, text in enumerate(asked):
        try:
            networks[str(ipaddress.ip_network(text))] = None
        except ValueError:
            faults.append(
                Fault(f"allowed_ips[{position}]", "invalid_network", f"{text!r} is no network in CIDR form")
            )
    if len(networks) > MAX_ALLOWED_IPS:
        faults.append(Fault("allowed_ips", "too_long", f"at most {MAX_ALLOWED_IPS} networks"))
    return tuple(networks)


def _expires_at(request: TokenRequest, rules: Rules, now: int, faults: list[Fault]) -> int | None:
    if request.expiry is None:
        return None
    where = "expires_at" if request.expiry.at is not None else "expiration"
    moment = request.expiry.moment(now)
    end = NEVER if moment is None else moment
    longest = rules.max_lifetime_days
    if moment is None and not rules.allow_no_expiration:
        place = rules.place("allow_no_expiration")
        faults.append(Fault(where, "expiration_required", f"every token needs an end here ({place})"))
    if end <= now:
        faults.append(Fault(where, "in_the_past", "must lie in the future"))
    elif moment is not None and (end > now + longest * DAY or end >= NEVER):
        place = rules.place("max_lifetime_days")
        faults.append(Fault(where, "too_far", f"at most {longest} days ({place}), and before the year 2100"))
    elif request.not_before is not None and request.not_before >= end:
        faults.append(Fault("not_before", "after_expiry", f"begins after it ends ({_words(end)})"))
    return moment


def _words(moment: int) -> str:
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%d %H:%M UTC")
