"""How one's tokens stand, in a few numbers."""

from service.application.ports import Storage
from service.domain.token_page import TokenCounts

SOON = 14 * 86_400
"""Seconds before its end when a token counts as ending soon."""


class CountTokens:
    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    async def __call__(self, owner_id: str) -> TokenCounts:
        """By the database's clock."""
        async with self._storage.reading() as read:
            return await read.tokens.summary(owner_id, now=await read.now(), soon=SOON)
