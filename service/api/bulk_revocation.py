"""Revoking many at once: what is asked, and what is told of each."""

from collections import Counter
from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from service.api.bodies import judge
from service.api.queries import LONGEST_REASON
from service.api.token_bodies import Moment, seconds
from service.application.revoke_many import Outcome, Outcomes
from service.domain.errors import Fault, Faulty
from service.domain.identifiers import from_wire, to_wire
from service.domain.issuance import text_fault
from service.domain.token_filter import TokenFilter

MOST_IDS: Final = 1_000

BY_OWNER: Final = "revoked_by_owner"
BULK_STATES: Final = frozenset({"active", "expired", "suspended"})
TEXTS: Final = {"search", "scope", "user", "kid"}
TIMES: Final = {"created_before", "unused_since"}

State = Literal["active", "expired", "suspended"]


class OwnFilter(msgspec.Struct, kw_only=True):
    """Those of one's own tokens that meet every condition given, of which there is at least one."""

    state: State | Annotated[list[State], Meta(min_length=1)] | UnsetType = UNSET
    search: str | UnsetType = UNSET
    scope: str | UnsetType = UNSET
    created_before: Moment | UnsetType = UNSET
    unused_since: Moment | UnsetType = UNSET


class InventoryFilter(OwnFilter, kw_only=True):
    """The same of everybody's. `user` is an id or a name, `kid` a key that signed a value not yet revoked."""

    user: str | UnsetType = UNSET
    kid: str | UnsetType = UNSET


class RevokeOwn(msgspec.Struct, kw_only=True):
    """POST /v1/personal-access-tokens/revoke. Exactly one of `ids` and `filter`; `dry_run` only looks."""

    ids: Annotated[list[str], Meta(min_length=1, max_length=MOST_IDS)] | UnsetType = UNSET
    filter: OwnFilter | UnsetType = UNSET
    reason: str = BY_OWNER
    dry_run: bool = False


class RevokeAnyones(msgspec.Struct, kw_only=True):
    """POST /v1/admin/tokens/revoke. Exactly one of `ids` and `filter`; `dry_run` only looks."""

    ids: Annotated[list[str], Meta(min_length=1, max_length=MOST_IDS)] | UnsetType = UNSET
    filter: InventoryFilter | UnsetType = UNSET
    reason: str
    dry_run: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkRevocation:
    """Either `ids`, as they were written, or the `conditions` of a filter."""

    ids: list[str] | None
    conditions: dict[str, Any] | None
    reason: str
    dry_run: bool


def bulk_revocation(
    document: dict[str, Any], shape: type[RevokeOwn | RevokeAnyones], conditions: type[OwnFilter]
) -> BulkRevocation:
    """What is asked for.

    Raises:
        UnknownMembers: of the body or of its filter.
        Faulty: members that are missing or not acceptable, all of them.
    """
    faults: list[Fault] = []
    met = _conditions(document, conditions, faults)
    emptied = {**document, "filter": {}} if isinstance(document.get("filter"), dict) else document
    values, more = judge(emptied, shape)
    faults += more
    if ("ids" in document) == ("filter" in document):
        faults.append(Fault("ids", "one_of_two", "give ids or filter, one of them"))
    reason = values.get("reason", BY_OWNER).strip()
    if fault := text_fault("reason", reason, longest=LONGEST_REASON):
        faults.append(fault)
    if faults:
        raise Faulty(faults)
    return BulkRevocation(
        ids=values.get("ids"), conditions=met, reason=reason, dry_run=values.get("dry_run", False)
    )


def _conditions(
    document: dict[str, Any], shape: type[OwnFilter], faults: list[Fault]
) -> dict[str, Any] | None:
    """The members of the filter, times as POSIX seconds; None without a filter."""
    asked = document.get("filter")
    if not isinstance(asked, dict):
        return None
    values, found = judge(asked, shape)
    if not asked:
        found.append(Fault("", "too_short", "give at least one condition"))
    for name in TEXTS & values.keys():
        if fault := text_fault(name, values[name], longest=LONGEST_REASON):
            found.append(fault)
    faults += [Fault(f"filter.{each.where}".rstrip("."), each.code, each.detail) for each in found]
    return values | {name: seconds(values[name]) for name in TIMES & values.keys()}


def token_filter(conditions: dict[str, Any], owner_id: str | None) -> TokenFilter:
    """As the storage knows it, `owner_id` instead of a `user`."""
    said = conditions.get("state", ())
    return TokenFilter(
        owner_id=owner_id,
        states=frozenset((said,) if isinstance(said, str) else said) or BULK_STATES,
        **{
            name: conditions.get(name)
            for name in ("search", "scope", "created_before", "unused_since", "kid")
        },
    )


class OutcomeShown(msgspec.Struct, kw_only=True):
    """What happened to one of them, or would."""

    id: str
    outcome: Outcome


class OutcomesShown(msgspec.Struct, kw_only=True):
    """What happened, counted and per id; ids that were asked for come back as they were written."""

    dry_run: bool
    counts: dict[Outcome, int]
    results: list[OutcomeShown]


def outcomes_document(outcomes: Outcomes, asked: list[str] | None, *, dry_run: bool) -> OutcomesShown:
    ids = [to_wire(token_id) for token_id in outcomes] if asked is None else list(dict.fromkeys(asked))
    told = {written: outcomes.get(from_wire(written) or "", Outcome.NOT_FOUND) for written in ids}
    counts = Counter(told.values())
    return OutcomesShown(
        dry_run=dry_run,
        counts={outcome: counts[outcome] for outcome in Outcome},
        results=[OutcomeShown(id=written, outcome=outcome) for written, outcome in told.items()],
    )
