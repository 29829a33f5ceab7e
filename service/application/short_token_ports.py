from typing import Protocol

from service.domain.short_token import ShortToken


class ShortTokens(Protocol):
    """Access tokens that live too briefly for a place in a status list."""

    async def add(self, token: ShortToken) -> None: ...
    async def count(self, client_id: str, *, since: int) -> int:
        """How many a client got in its own right since then, not for somebody's token."""

    async def revoke(self, jti: str, now: int) -> bool:
        """False when it is unknown or ended already."""

    async def revoke_all_of(self, owner_id: str, now: int) -> None: ...
    async def forget(self, *, now: int, limit: int) -> int:
        """Drop those whose exp has passed; answers how many."""
