"""Records and values as rows, and back."""

import json
from types import MappingProxyType
from typing import Any

from service.domain.token import LastUse, Token, TokenValue
from service.domain.usage import RECENT
from service.domain.user import fold
from service.storage import words
from service.storage.connection import Row


def token_of(row: Row) -> Token:
    metadata = row["metadata"]
    return Token(
        id=row["id"],
        owner_id=row["owner_id"],
        note=row["note"],
        scopes=words.split(row["scopes"]),
        audiences=words.split(row["audiences"]),
        allowed_ips=words.split(row["allowed_ips"]),
        metadata=None if metadata is None else MappingProxyType(json.loads(metadata)),
        not_before=row["not_before"],
        expires_at=row["expires_at"],
        jti=row["jti"],
        created_at=row["created_at"],
        sequence=row["sequence"],
        parent_id=row["parent_id"],
        parent_jti=row["parent_jti"],
        parent_suspended_at=row["parent_suspended_at"],
        suspended_at=row["suspended_at"],
        suspended_by=row["suspended_by"],
        suspended_by_administrator=bool(row["suspended_by_administrator"]),
        revoked_at=row["revoked_at"],
        revoked_by=row["revoked_by"],
        revoke_reason=row["revoke_reason"],
        last_use=_last_use(row, "last_used"),
        reported_use=_last_use(row, "reported", by=row["reported_by"]),
        recent_ips=_recent(row["seen_from"]),
        reference_hint=row["reference_hint"],
    )


def _last_use(row: Row, name: str, *, by: str | None = None) -> LastUse | None:
    at = row[f"{name}_at"]
    if at is None:
        return None
    return LastUse(at=at, ip=row[f"{name}_ip"], user_agent=row[f"{name}_user_agent"], reported_by=by)


def _recent(seen_from: str | None) -> tuple[str, ...]:
    """The addresses of `time/address` words, the latest first."""
    seen = [word.partition("/") for word in words.split(seen_from or "")]
    return tuple(ip for _, _, ip in sorted(seen, key=lambda each: (-int(each[0]), each[2])))[:RECENT]


def unchanging(token: Token) -> dict[str, Any]:
    """The columns that are written once."""
    return {
        "owner_id": token.owner_id,
        "sequence": token.sequence,
        "parent_id": token.parent_id,
        "parent_jti": token.parent_jti,
        "created_at": token.created_at,
    }


def changing(token: Token) -> dict[str, Any]:
    """The id and the columns that may change."""
    use = token.last_use
    return {
        "id": token.id,
        "note": token.note,
        "note_folded": fold(token.note),
        "scopes": words.join(token.scopes),
        "audiences": words.join(token.audiences),
        "allowed_ips": words.join(token.allowed_ips),
        "metadata": None if token.metadata is None else _canonical_json(dict(token.metadata)),
        "not_before": token.not_before,
        "expires_at": token.expires_at,
        "jti": token.jti,
        "suspended_at": token.suspended_at,
        "suspended_by": token.suspended_by,
        "suspended_by_administrator": int(token.suspended_by_administrator),
        "revoked_at": token.revoked_at,
        "revoked_by": token.revoked_by,
        "revoke_reason": token.revoke_reason,
        "last_used_at": use.at if use else None,
        "last_used_ip": use.ip if use else None,
        "last_used_user_agent": use.user_agent if use else None,
        "reference_hint": token.reference_hint,
    }


VALUE_COLUMNS = (
    "jti",
    "token_id",
    "token_hash",
    "kid",
    "list_id",
    "idx",
    "issued_at",
    "not_before",
    "expires_at",
    "ends_at",
    "revoked_at",
)


def value_of(row: Row) -> TokenValue:
    return TokenValue(**{column: row[column] for column in VALUE_COLUMNS})


def columns_of(value: TokenValue) -> dict[str, Any]:
    return {column: getattr(value, column) for column in VALUE_COLUMNS}


def _canonical_json(document: dict[str, Any]) -> str:
    return json.dumps(document, sort_keys=True, separators=(",", ":"))
