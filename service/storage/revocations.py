from collections.abc import Collection, Iterable, Mapping, Sequence

from service.domain.token import StatusChange
from service.storage.connection import Connection, Row
from service.storage.notices import SqlNotices
from service.storage.padded import in_texts, padded

PARENT_ENDED = "parent_ended"
"""Why a child is revoked whose parent's value ended without a word of its own."""

ALL = 2**62
"""As a limit: none."""

Records = Mapping[str, str | None]
"""Ids of records, each with its parent's."""


class SqlRevocations:
    """Revokes in steps of which each takes its locks in one order.

    Every record is held before any value is written, families by their parent's id and the parent first, so
    that two revocations never wait for each other. The caller holds what keeps values from being added
    meanwhile: the record, its owner, or the key set.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._notices = SqlNotices(connection)

    async def revoke_token(self, token_id: str, *, now: int, by: str, reason: str) -> list[StatusChange]:
        _, changes = await self.revoke_tokens([token_id], now=now, by=by, reason=reason)
        return changes

    async def hold(self, token_ids: Sequence[str]) -> None:
        await self._families(token_ids)

    async def revoke_tokens(
        self, token_ids: Sequence[str], *, now: int, by: str, reason: str
    ) -> tuple[frozenset[str], list[StatusChange]]:
        records = await self._families(token_ids)
        revoked = await self._revoke_records(records, now=now, by=by, reason=reason)
        return revoked, await self._end("revoke_values_of", records, now)

    async def revoke_values(
        self, token_id: str, *, now: int, but: Collection[str] = ()
    ) -> list[StatusChange]:
        spared = padded(sorted(but))
        family = await self._held(
            await self._connection.all("family_by_values_but", token_id=token_id, **spared)
        )
        children = [id_ for id_ in family if id_ != token_id]
        changes = await self._revoke(children, now=now, by=None, reason=PARENT_ENDED)
        ended = await self._connection.all("revoke_values_but", token_id=token_id, now=now, **spared)
        return [*_invalid(ended), *changes]

    async def revoke_all_of(self, owner_id: str, *, now: int, by: str, reason: str) -> list[StatusChange]:
        records = await self._held(await self._connection.all("unrevoked_tokens_of", owner_id=owner_id))
        return await self._revoke(list(records), now=now, by=by, reason=reason)

    async def revoke_kid(
        self, kid: str, *, now: int, by: str, reason: str, limit: int | None = None
    ) -> list[StatusChange]:
        most = ALL if limit is None else limit
        rows = await self._connection.all("live_values_by", kid=kid, now=now, limit=most)
        children = [row for row in rows if row["child_id"] is not None]
        await self._hold(
            {row["id"]: row["parent_id"] for row in rows} | {row["child_id"]: row["id"] for row in children}
        )
        resting = [row["id"] for row in rows if row["rests"]]
        resting += [row["child_id"] for row in children if row["child_rests"]]
        changes = await self._revoke(list(dict.fromkeys(resting)), now=now, by=by, reason=reason)
        changes += await self._end("revoke_values", sorted({row["jti"] for row in rows}), now)
        return changes

    async def revoke_ended(self, *, now: int, limit: int) -> list[StatusChange]:
        rows = await self._connection.all("ended_values", now=now, limit=limit)
        made = {row["child_id"]: row["id"] for row in rows if row["child_id"] is not None}
        await self._hold({row["id"]: row["parent_id"] for row in rows} | made)
        changes = await self._revoke(list(made), now=now, by=None, reason=PARENT_ENDED)
        changes += await self._end("revoke_ended_values", sorted({row["jti"] for row in rows}), now)
        return changes

    async def statuses(self, token_id: str) -> list[StatusChange]:
        return [
            StatusChange(list_id=row["list_id"], idx=row["idx"], status=row["status"], jti=row["jti"])
            for row in await self._connection.all("statuses_of", token_id=token_id)
        ]

    async def _families(self, token_ids: Sequence[str]) -> list[str]:
        """The ids of records and their children, held."""
        return [
            row["id"]
            for ids in in_texts(token_ids)
            for row in await self._connection.all("hold_families", ids=ids)
        ]

    async def _held(self, rows: Iterable[Row]) -> Records:
        records = {row["id"]: row["parent_id"] for row in rows}
        await self._hold(records)
        return records

    async def _hold(self, records: Records) -> None:
        for ids in in_texts(_in_order(records)):
            await self._connection.all("hold_tokens", ids=ids)

    async def _revoke(
        self, token_ids: Sequence[str], *, now: int, by: str | None, reason: str
    ) -> list[StatusChange]:
        """Held records with all their values."""
        await self._revoke_records(token_ids, now=now, by=by, reason=reason)
        return await self._end("revoke_values_of", token_ids, now)

    async def _revoke_records(
        self, token_ids: Sequence[str], *, now: int, by: str | None, reason: str
    ) -> frozenset[str]:
        """Those that were not revoked before; their owners are told of them."""
        revoked = [
            row["id"]
            for ids in in_texts(token_ids)
            for row in await self._connection.all("revoke_records", now=now, by=by, reason=reason, ids=ids)
        ]
        if by is not None:
            await self._notices.add_revoked(revoked, now=now, by=by, reason=reason)
        return frozenset(revoked)

    async def _end(self, statement: str, ids: Sequence[str], now: int) -> list[StatusChange]:
        """Revoke values as a statement chooses them by `ids`."""
        return [
            change
            for text in in_texts(ids)
            for change in _invalid(await self._connection.all(statement, now=now, ids=text))
        ]


def _in_order(records: Records) -> list[str]:
    return sorted(records, key=lambda id_: (records[id_] or id_, records[id_] is not None, id_))


def _invalid(rows: Iterable[Row]) -> list[StatusChange]:
    return [StatusChange(list_id=row["list_id"], idx=row["idx"], status=1, jti=row["jti"]) for row in rows]
