import json
from collections.abc import Mapping, Sequence
from typing import Any

from service.domain.audit import FIRST_CHAIN, AuditEntry, chain
from service.storage.connection import Connection


class SqlAudit:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def append(self, entries: Sequence[AuditEntry], now: int) -> None:
        if not entries:
            return
        head = await self._connection.only("advance_head", name="audit", count=len(entries))
        first = head["value"] - len(entries) + 1
        link = FIRST_CHAIN if first == 1 else await self._chain_at(first - 1)
        rows = []
        for sequence, entry in enumerate(entries, first):
            row: dict[str, Any] = {
                "sequence": sequence,
                "at": now,
                "actor": entry.actor,
                "action": entry.action,
                "subject": entry.subject,
                "detail": entry.detail_json(),
            }
            link = chain(link, **row)
            rows.append({**row, "chain": link})
        await self._connection.many("add_audit", rows)

    async def _chain_at(self, sequence: int) -> str:
        row = await self._connection.only("audit_chain", sequence=sequence)
        return str(row["chain"])

    async def about(self, subject: str) -> list[Mapping[str, Any]]:
        return [
            {
                "sequence": row["sequence"],
                "at": row["at"],
                "actor": row["actor"],
                "action": row["action"],
                "subject": row["subject"],
                "detail": json.loads(row["detail"]),
                "chain": row["chain"],
            }
            for row in await self._connection.all("audit_about", subject=subject)
        ]
