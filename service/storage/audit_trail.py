import json
from collections.abc import Mapping, Sequence
from typing import Any

from service.domain.audit_page import AuditPage
from service.storage.connection import Connection, storable
from service.storage.padded import in_widths

_PLAIN = ("sequence", "at", "actor", "action", "subject", "chain")


class SqlAuditTrail:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def page(self, page: AuditPage) -> list[Mapping[str, Any]]:
        if not all(storable(text or "") for text in (page.actor, page.action, page.subject)):
            return []
        rows = await self._connection.all(
            "page_of_audit",
            actor=page.actor,
            action=page.action,
            subject=page.subject,
            since=page.since,
            until=page.until,
            before=page.before,
            limit=page.limit,
        )
        return [{name: row[name] for name in _PLAIN} | {"detail": json.loads(row["detail"])} for row in rows]

    async def names(self, user_ids: Sequence[str]) -> Mapping[str, str]:
        found: dict[str, str] = {}
        for each in in_widths(user_ids):
            rows = await self._connection.all("users_by_ids", **each)
            found |= {row["id"]: row["name"] for row in rows}
        return found
