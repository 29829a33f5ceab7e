"""A token as the API shows it: Locoia's members first, in Locoia's order, then ours."""

from collections.abc import Mapping
from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, UnsetType

from service.api.answers import Id, Time
from service.api.times import rfc3339, rfc3339_or_none
from service.application.idempotency import Repeated
from service.application.issue import Issued
from service.domain.identifiers import to_wire
from service.domain.token import Token, TokenState


class TokenShown(msgspec.Struct, kw_only=True):
    """A personal access token. Its value is kept nowhere: only the answer that makes one shows it."""

    id: Id
    token: (
        Annotated[str, Meta(description="the value, shown once by create and regenerate")] | UnsetType | None
    ) = UNSET
    expiration: Annotated[Time | None, Meta(description="when it ends; null: it does not")]
    note: str
    last_used: Time | None
    scopes: tuple[str, ...]
    state: TokenState
    audience: tuple[str, ...]
    created_at: Time
    not_before: Time | None
    allowed_ips: tuple[str, ...]
    metadata: Mapping[str, Any] | None
    suspended: bool
    revoked_at: Time | None
    revoke_reason: str | None
    last_used_ip: str | None
    last_used_user_agent: str | None
    last_used_reported_by: str | None
    recent_ips: tuple[str, ...]
    parent_id: Id | None
    reference_hint: Annotated[
        str | None, Meta(description="tells its short reference, if it has one, from others")
    ]


class TokenWithUse(TokenShown, kw_only=True):
    """With those of its scopes that were used lately, where that is known."""

    used_scopes: tuple[str, ...] | None


class IssuedToken(TokenShown, kw_only=True):
    """With its value; where the value before goes on, until when."""

    token: str
    reference: (
        Annotated[str, Meta(description="its short reference, shown once, where one was asked for")]
        | UnsetType
    ) = UNSET
    old_value_ends_at: Time | UnsetType = UNSET


class RepeatedToken(TokenShown, kw_only=True):
    """What the first of several equal requests made; the value is shown no second time."""

    token: None = None
    value_gone: bool = True


def token_document(token: Token, state: TokenState) -> TokenShown:
    return TokenShown(**token_members(token, state))


def issued_document(issued: Issued) -> IssuedToken:
    ends_at = UNSET if issued.old_ends_at is None else rfc3339(issued.old_ends_at)
    members = token_members(issued.token, TokenState.ACTIVE)
    reference = UNSET if issued.reference is None else issued.reference.reveal()
    return IssuedToken(**members, token=issued.jwt.reveal(), reference=reference, old_value_ends_at=ends_at)


def repeated_document(repeated: Repeated) -> RepeatedToken:
    return RepeatedToken(**token_members(repeated.token, repeated.state))


def token_members(token: Token, state: TokenState) -> dict[str, Any]:
    """The members of TokenShown, for shapes that have more."""
    use = token.latest_use
    return {
        "id": to_wire(token.id),
        "expiration": rfc3339_or_none(token.expires_at),
        "note": token.note,
        "last_used": rfc3339(use.at) if use else None,
        "scopes": token.scopes,
        "state": state,
        "audience": token.audiences,
        "created_at": rfc3339(token.created_at),
        "not_before": rfc3339_or_none(token.not_before),
        "allowed_ips": token.allowed_ips,
        "metadata": None if token.metadata is None else dict(token.metadata),
        "suspended": token.suspended_at is not None,
        "revoked_at": rfc3339_or_none(token.revoked_at),
        "revoke_reason": token.revoke_reason,
        "last_used_ip": use.ip if use else None,
        "last_used_user_agent": use.user_agent if use else None,
        "last_used_reported_by": use.reported_by if use else None,
        "recent_ips": token.recent_ips,
        "parent_id": None if token.parent_id is None else to_wire(token.parent_id),
        "reference_hint": token.reference_hint,
    }
