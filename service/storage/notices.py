import json
from collections.abc import Sequence

from service.domain.message import Message, Subject
from service.domain.notice import About, Kind, Notice, detail_json, kind_of_revocation
from service.storage.connection import Connection, Row
from service.storage.padded import in_texts


class SqlNotices:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def add(self, notices: Sequence[Notice]) -> None:
        rows = [
            {
                "id": notice.id,
                "kind": str(notice.kind),
                "user_id": notice.about.user_id,
                "token_id": notice.about.token_id,
                "detail": detail_json(notice.about.detail),
                "sealed": notice.about.sealed,
                "created_at": notice.created_at,
                "expires_at": notice.about.expires_at,
            }
            for notice in sorted(notices, key=lambda each: each.id)
        ]
        await self._connection.many("add_notice", rows)

    async def add_revoked(self, token_ids: Sequence[str], *, now: int, by: str, reason: str) -> None:
        """What was just revoked, for those whose it was, unless they did it themselves or nobody could be told."""
        kind = kind_of_revocation(reason)
        told = {
            "kind": str(kind),
            "by": "" if kind is Kind.TOKEN_KEY_COMPROMISED else by,
            "detail": detail_json({"by": by, "reason": reason}),
            "now": now,
        }
        await self._connection.many(
            "add_revocation_notices", [{**told, "ids": ids} for ids in in_texts(token_ids)]
        )

    async def waiting(self, limit: int) -> list[Notice]:
        return [_notice_of(row) for row in await self._connection.all("waiting_notices", limit=limit)]

    async def join(self, notice_ids: Sequence[str], message_id: str) -> None:
        rows = [{"id": notice_id, "message_id": message_id} for notice_id in sorted(notice_ids)]
        await self._connection.many("join_message", rows)

    async def message(self, message_id: str) -> Message | None:
        rows = await self._connection.all("notices_of_message", message_id=message_id)
        if not rows:
            return None
        first = rows[0]
        return Message(
            id=message_id,
            kind=Kind(first["kind"]),
            user_id=first["user_id"],
            user_name=first["user_name"],
            detail=json.loads(first["detail"]),
            created_at=first["created_at"],
            sealed=first["sealed"],
            expires_at=first["expires_at"],
            subjects=[_subject_of(row) for row in rows if row["token_id"] is not None],
        )

    async def count(self, token_id: str, kind: Kind, *, since: int) -> int:
        row = await self._connection.only("count_notices", token_id=token_id, kind=str(kind), since=since)
        return int(row["notices"])

    async def count_to(self, user_id: str, kind: Kind, *, since: int) -> int:
        row = await self._connection.only("count_notices_to", user_id=user_id, kind=str(kind), since=since)
        return int(row["notices"])

    async def forget(self, *, before: int, limit: int) -> int:
        deliveries = await self._connection.all("forget_deliveries", before=before, limit=limit)
        notices = await self._connection.all("forget_notices", before=before, limit=limit)
        return max(len(deliveries), len(notices))


def _notice_of(row: Row) -> Notice:
    about = About(
        user_id=row["user_id"],
        token_id=row["token_id"],
        detail=json.loads(row["detail"]),
        sealed=row["sealed"],
        expires_at=row["expires_at"],
    )
    return Notice(id=row["id"], kind=Kind(row["kind"]), about=about, created_at=row["created_at"])


def _subject_of(row: Row) -> Subject:
    return Subject(
        token_id=row["token_id"],
        note=row["note"],
        expires_at=row["token_expires_at"],
        last_used_at=row["last_used_at"],
        last_used_user_agent=row["last_used_user_agent"],
    )
