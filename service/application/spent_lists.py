"""Status lists that are full and whose values have all expired go; so do old rows that only told of changes."""

from dataclasses import dataclass

from service.application.ports import Storage
from service.domain.audit import AuditEntry

CHUNK = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """Seconds for which each is kept: a list after the `exp` of its last value, a value after its `exp`, and
    changes of lists, of which receipts are made, after they happened.
    """

    status_lists: int
    values: int
    changes: int


class RemoveSpent:
    def __init__(self, storage: Storage, retention: Retention) -> None:
        self._storage = storage
        self._retention = retention

    async def __call__(self) -> list[str]:
        """Retire what is over and drop what nobody needs, in small transactions; answers the lists that retired."""
        async with self._storage.reading() as read:
            full = await read.spent_lists.full()
        retired = [list_id for list_id in full if await self._retire(list_id)]
        for list_id in full:
            await self._forget_values(list_id)
        await self._forget_changes()
        return retired

    async def _retire(self, list_id: str) -> bool:
        async with self._storage.transaction() as tx:
            await tx.keys.lock()  # nobody publishes a list meanwhile
            now = await tx.now()
            spent_by = now - self._retention.status_lists
            if not await tx.spent_lists.retire(list_id, now=now, spent_by=spent_by):
                return False
            entry = AuditEntry(
                actor="housekeeping", action="status_list.retired", subject=f"status_list:{list_id}"
            )
            await tx.audit.append([entry], now)
        return True

    async def _forget_values(self, list_id: str) -> None:
        gone = CHUNK
        while gone == CHUNK:
            async with self._storage.transaction() as tx:
                before = await tx.now() - self._retention.values
                gone = await tx.spent_lists.forget_values(list_id, before=before, limit=CHUNK)

    async def _forget_changes(self) -> None:
        gone = CHUNK
        while gone == CHUNK:
            async with self._storage.transaction() as tx:
                before = await tx.now() - self._retention.changes
                gone = await tx.spent_lists.forget_changes(before=before, limit=CHUNK)
                told = await tx.publications.forget(before_ms=before * 1_000, limit=CHUNK)
                gone = max(gone, told)
