"""What the use cases on everybody's tokens need of the storage."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from service.domain.token_filter import InventoryItem, InventoryPage


class Inventory(Protocol):
    async def page(self, page: InventoryPage) -> list[InventoryItem]: ...
    async def get(self, token_id: str) -> InventoryItem | None: ...
    async def standing(self, token_ids: Sequence[str]) -> Mapping[str, tuple[str, bool]]:
        """Of each record that there is, its owner's id and whether it is revoked."""
