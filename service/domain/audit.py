"""The audit trail: a row per change, in the change's own transaction, each chained to the one before."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

FIRST_CHAIN = "0" * 64

_detail = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode
_row = json.JSONEncoder(separators=(",", ":")).encode


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """Who did what to which subject. `detail` is JSON-ready and holds no secret."""

    actor: str
    action: str
    subject: str
    detail: Mapping[str, Any] = field(default_factory=dict)

    def detail_json(self) -> str:
        return _detail(self.detail)


def chain(
    previous: str, *, sequence: int, at: int, actor: str, action: str, subject: str, detail: str
) -> str:
    """SHA-256 over the chain before and the row, so that a row cannot be changed or taken out unnoticed."""
    row = _row([previous, sequence, at, actor, action, subject, detail])
    return hashlib.sha256(row.encode()).hexdigest()
