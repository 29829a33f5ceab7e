"""Look: one's own tokens, one of them, or one by its owner's eyes."""

from dataclasses import dataclass

from service.application.own_tokens import own
from service.application.ports import Storage
from service.domain.token import Token
from service.domain.token_page import TokenPage


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenListing:
    """A page of records, the database's time of the read, and where the next page begins (None: nowhere)."""

    tokens: list[Token]
    now: int
    next_after: tuple[int, int] | None


class ListTokens:
    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    async def __call__(self, page: TokenPage) -> TokenListing:
        async with self._storage.reading() as read:
            now = await read.now()
            rows = await read.tokens.page(page)
        last = rows[-1] if len(rows) == page.limit else None
        return TokenListing(
            tokens=[token for token, _ in rows],
            now=now,
            next_after=(last[1], last[0].sequence) if last else None,
        )


class GetToken:
    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    async def __call__(
        self, token_id: str, *, owner_id: str, made_by: str | None = None
    ) -> tuple[Token, int]:
        """The record and the database's time. `made_by` is the token that asks for one of its own.

        Raises:
            NotFound: there is none, or it is somebody else's.
        """
        async with self._storage.reading() as read:
            token = await read.tokens.get(token_id)
            now = await read.now()
        return own(token, owner_id, made_by), now
