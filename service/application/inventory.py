"""Look at everybody's tokens. No value is ever there to be seen."""

from dataclasses import dataclass

from service.application.ports import Storage
from service.domain.errors import NotFound
from service.domain.token_filter import InventoryItem, InventoryPage


@dataclass(frozen=True, slots=True, kw_only=True)
class InventoryListing:
    """A page, the database's time of the read, and where the next page begins (None: nowhere)."""

    items: list[InventoryItem]
    now: int
    next_after: tuple[int, str] | None


class ListInventory:
    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    async def __call__(self, page: InventoryPage) -> InventoryListing:
        async with self._storage.reading() as read:
            now = await read.now()
            items = await read.inventory.page(page)
        last = items[-1].token if len(items) == page.limit else None
        return InventoryListing(items=items, now=now, next_after=(last.created_at, last.id) if last else None)

    async def one(self, token_id: str) -> tuple[InventoryItem, int]:
        """The record with its owner, and the database's time. Raises NotFound."""
        async with self._storage.reading() as read:
            item = await read.inventory.get(token_id)
            now = await read.now()
        if item is None:
            raise NotFound("no such token")
        return item, now
