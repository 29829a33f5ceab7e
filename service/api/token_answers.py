"""A token as the API shows it: Locoia's members first, in Locoia's order, then ours."""

from typing import Any

from service.api.times import rfc3339, rfc3339_or_none
from service.application.idempotency import Repeated
from service.application.issue import Issued
from service.domain.identifiers import to_wire
from service.domain.token import Token, TokenState


def token_document(token: Token, state: TokenState) -> dict[str, Any]:
    """The record. There is no value to show: it is kept nowhere."""
    return {
        "id": to_wire(token.id),
        "expiration": rfc3339_or_none(token.expires_at),
        "note": token.note,
        "last_used": rfc3339(token.latest_use.at) if token.latest_use else None,
        "scopes": token.scopes,
        **_ours(token, state),
    }


def issued_document(issued: Issued) -> dict[str, Any]:
    """The record with its value, shown this once; where the value before goes on, until when."""
    overlap = {"old_value_ends_at": rfc3339(issued.old_ends_at)} if issued.old_ends_at is not None else {}
    return {**_with_value(issued.token, TokenState.ACTIVE, issued.jwt.reveal()), **overlap}


def repeated_document(repeated: Repeated) -> dict[str, Any]:
    """The record that the first of several equal requests made; its value is shown no second time."""
    return {**_with_value(repeated.token, repeated.state, None), "value_gone": True}


def _with_value(token: Token, state: TokenState, value: str | None) -> dict[str, Any]:
    return {
        "id": to_wire(token.id),
        "token": value,
        "expiration": rfc3339_or_none(token.expires_at),
        "note": token.note,
        "last_used": rfc3339(token.latest_use.at) if token.latest_use else None,
        "scopes": token.scopes,
        **_ours(token, state),
    }


def _ours(token: Token, state: TokenState) -> dict[str, Any]:
    use = token.latest_use
    return {
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
    }
