from collections.abc import Sequence

from service.domain.permutation import CAPACITY
from service.domain.receipt import Notice
from service.domain.status_list import ListHead, ListSnapshot, SignedList
from service.domain.token import StatusChange
from service.storage.connection import Connection
from service.storage.padded import in_texts


class SqlStatusLists:
    """The n-th index ever handed out is counter n mod CAPACITY of the list at position n div CAPACITY.

    So one head tells where the next one comes from, and no index can come twice (R10).
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.announced: int | None = None

    async def allocate(self, count: int, *, new_list_id: str, now: int) -> list[tuple[str, int]]:
        if not 0 <= count <= CAPACITY:
            raise ValueError(f"{count} indexes at once: a list has {CAPACITY}")
        head = await self._connection.only("advance_head", name="index", count=count)
        places = [divmod(number, CAPACITY) for number in range(head["value"] - count, head["value"])]
        lists = {
            position: await self._list_at(position, new_list_id, now)
            for position in sorted({position for position, _ in places})
        }
        return [(lists[position], counter) for position, counter in places]

    async def _list_at(self, position: int, new_list_id: str, now: int) -> str:
        row = await self._connection.one("status_list_at", position=position)
        if row is None:
            row = await self._connection.only(
                "add_status_list", id=new_list_id, position=position, created_at=now
            )
        return str(row["id"])

    async def announce(self, changes: Sequence[StatusChange], now: int) -> int:
        head = await self._connection.only("advance_head", name="revision", count=1)
        self.announced = revision = int(head["value"])
        for status in sorted({change.status for change in changes}):
            jtis = sorted({change.jti for change in changes if change.status == status})
            for ids in in_texts(jtis):
                await self._connection.all(
                    "add_status_changes", revision=revision, status=status, changed_at=now, ids=ids
                )
        touched = sorted({change.list_id for change in changes})
        await self._connection.many(
            "touch_status_list", [{"id": each, "revision": revision} for each in touched]
        )
        return revision

    async def sign_anew(self) -> None:
        head = await self._connection.only("advance_head", name="revision", count=1)
        self.announced = int(head["value"])
        await self._connection.all("touch_status_lists", revision=self.announced)

    async def all(self) -> list[str]:
        return [row["id"] for row in await self._connection.all("status_lists")]

    async def changed_since(self, revision: int) -> list[str]:
        return [
            row["id"] for row in await self._connection.all("status_lists_changed_since", revision=revision)
        ]

    async def head(self, list_id: str) -> ListHead | None:
        row = await self._connection.one("status_list_head", id=list_id, capacity=CAPACITY)
        if row is None:
            return None
        return ListHead(
            list_id=list_id,
            version=row["version"],
            as_of=row["as_of"],
            closed=bool(row["closed"]),
            retired=row["retired_at"] is not None,
        )

    async def entries(self, head: ListHead) -> ListSnapshot:
        unlisted = int(head.closed)
        rows = await self._connection.all(
            "status_list_entries", list_id=head.list_id, as_of=head.as_of, unlisted=unlisted
        )
        return ListSnapshot(
            list_id=head.list_id,
            version=head.version,
            as_of=head.as_of,
            unlisted=unlisted,
            entries=[(row["idx"], row["status"]) for row in rows],
        )

    async def snapshot(self, list_id: str) -> ListSnapshot | None:
        head = await self.head(list_id)
        return None if head is None else await self.entries(head)

    async def notices(self, token_id: str) -> list[Notice]:
        rows = await self._connection.all("notices_of", token_id=token_id)
        return [Notice(*(row[member] for member in Notice._fields)) for row in rows]

    async def signed(self, list_id: str) -> SignedList | None:
        row = await self._connection.one("signed_status_list", list_id=list_id)
        if row is None:
            return None
        return SignedList(
            list_id=row["list_id"],
            version=row["version"],
            tick=row["tick"],
            token=row["token"],
            issued_at=row["issued_at"],
            expires_at=row["expires_at"],
        )

    async def publish(self, signed: SignedList) -> bool:
        note = {"list_id": signed.list_id, "version": signed.version, "signed_at": signed.issued_at}
        await self._connection.many("note_status_list_version", [note])
        row = await self._connection.one(
            "publish_status_list",
            list_id=signed.list_id,
            version=signed.version,
            tick=signed.tick,
            token=signed.token,
            issued_at=signed.issued_at,
            expires_at=signed.expires_at,
        )
        return row is not None
