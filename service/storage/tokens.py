from collections.abc import Collection, Sequence
from typing import Final

from service.domain.token import NEVER, Token, TokenState, TokenValue
from service.domain.token_page import TokenCounts, TokenPage
from service.storage.connection import Connection, storable
from service.storage.padded import in_widths
from service.storage.patterns import containing
from service.storage.token_rows import changing, columns_of, token_of, unchanging, value_of

UNREVOKED: Final = frozenset(TokenState) - {TokenState.REVOKED}
COUNTED: Final = ("unset", "unset_expired", "aside", "aside_expired", "held", "revoked", "ending")


class SqlTokens:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def add(self, tokens: Sequence[Token], values: Sequence[TokenValue]) -> None:
        await self._connection.many("add_token", [unchanging(token) | changing(token) for token in tokens])
        await self._connection.many("add_value", [columns_of(value) for value in values])

    async def add_value(self, value: TokenValue) -> None:
        await self._connection.many("add_value", [columns_of(value)])

    async def get(self, token_id: str) -> Token | None:
        row = await self._connection.one("token_by_id", id=token_id)
        return token_of(row) if row else None

    async def lock(self, token_id: str) -> Token | None:
        row = await self._connection.one("lock_token", id=token_id)
        return token_of(row) if row else None

    async def page(self, page: TokenPage) -> list[tuple[Token, int]]:
        if not storable(page.search or "") or not storable(page.scope or ""):
            return []
        states = [str(state) for state in sorted(page.states or UNREVOKED)]
        after_value, after_sequence = page.after or (None, None)
        which = {
            "owner_id": page.owner_id,
            "parent_id": page.parent_id,
            **{f"state{n}": states[n - 1] if n <= len(states) else "" for n in range(1, 5)},
            "pattern": containing(page.search),
            "scope": page.scope,
            "after_sequence": after_sequence,
            "limit": page.limit,
        }
        direction = -1 if page.descending else 1
        if page.sort == "created" and page.descending:
            newest = await self._connection.all("newest_tokens", **which)
            return [(token_of(row), row["sort_value"]) for row in newest]
        if page.sort == "name":
            named = await self._connection.all("named_tokens", direction=direction, **which)
            return [(token_of(row), row["sort_value"]) for row in named]
        rows = await self._connection.all(
            "page_of_tokens",
            **which,
            sort=page.sort,
            never=NEVER,
            direction=direction,
            after_value=after_value,
        )
        return [(token_of(row), row["sort_value"]) for row in rows]

    async def summary(self, owner_id: str, *, now: int, soon: int) -> TokenCounts:
        row = await self._connection.one("summary_of_tokens", owner_id=owner_id, now=now, soon=now + soon)
        assert row is not None  # noqa: S101 - an aggregate always answers
        told = {name: int(row[name] or 0) for name in COUNTED}
        return TokenCounts(
            active=told["unset"] - told["unset_expired"] - told["held"],
            expired=told["unset_expired"] + told["aside_expired"],
            suspended=told["aside"] - told["aside_expired"] + told["held"],
            revoked=told["revoked"],
            ending=told["ending"],
            ends_next=row["ends_next"],
        )

    async def change(self, token: Token) -> None:
        await self._connection.one("change_token", **changing(token))

    async def live_values(self, token_id: str) -> list[TokenValue]:
        return [value_of(row) for row in await self._connection.all("live_values", token_id=token_id)]

    async def end_values_at(self, token_id: str, ends_at: int) -> None:
        await self._connection.all("end_values_at", token_id=token_id, ends_at=ends_at)

    async def count_live(self, owner_id: str) -> int:
        row = await self._connection.only("count_live_tokens", owner_id=owner_id)
        return int(row["tokens"])

    async def count_children(self, parent_id: str) -> int:
        row = await self._connection.only("count_children", parent_id=parent_id)
        return int(row["tokens"])

    async def counts(self, owner_ids: Collection[str], *, since: int) -> dict[str, tuple[int, int]]:
        counted: dict[str, tuple[int, int]] = {}
        for keys in in_widths(sorted(set(owner_ids))):
            for row in await self._connection.all("count_tokens", since=since, **keys):
                counted[row["owner_id"]] = int(row["live"]), int(row["lately"])
        return counted
