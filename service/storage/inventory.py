from collections.abc import Mapping, Sequence

from service.domain.token_filter import InventoryItem, InventoryPage
from service.domain.user import UserKind
from service.storage.connection import Connection, Row, storable
from service.storage.padded import in_texts
from service.storage.patterns import containing
from service.storage.token_rows import token_of
from service.storage.tokens import UNREVOKED

BEFORE_ALL = (2**62, "")
"""Where the first page begins: no record is as new."""


class SqlInventory:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def page(self, page: InventoryPage) -> list[InventoryItem]:
        which = page.which
        if not all(storable(text or "") for text in (which.search, which.scope, which.kid)):
            return []
        states = [str(state) for state in sorted(which.states or UNREVOKED)]
        after_created, after_id = page.after or BEFORE_ALL
        rows = await self._connection.all(
            "page_of_inventory",
            owner_id=which.owner_id,
            **{f"state{n}": states[n - 1] if n <= len(states) else "" for n in range(1, 5)},
            pattern=containing(which.search),
            scope=which.scope,
            created_before=which.created_before,
            unused_since=which.unused_since,
            kid=which.kid,
            after_created=after_created,
            after_id=after_id,
            limit=page.limit,
        )
        return [_item(row) for row in rows]

    async def get(self, token_id: str) -> InventoryItem | None:
        row = await self._connection.one("inventory_item", id=token_id)
        return _item(row) if row else None

    async def standing(self, token_ids: Sequence[str]) -> Mapping[str, tuple[str, bool]]:
        found: dict[str, tuple[str, bool]] = {}
        for ids in in_texts(token_ids):
            rows = await self._connection.all("standing_of", ids=ids)
            found |= {row["id"]: (row["owner_id"], row["revoked_at"] is not None) for row in rows}
        return found


def _item(row: Row) -> InventoryItem:
    return InventoryItem(
        token=token_of(row),
        owner_name=row["owner_name"],
        owner_kind=UserKind(row["owner_kind"]),
        kid=row["kid"],
    )
