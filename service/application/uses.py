"""Look at what became of a token's uses: those that were refused, and what the others demanded."""

from collections.abc import Sequence

from service.application.current import Current
from service.application.ports import Storage
from service.domain.errors import NotFound
from service.domain.token import Token
from service.domain.usage import DEMANDED_WITHIN, RefusedUse


class ListRefusals:
    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    async def __call__(self, token_id: str, *, owner_id: str) -> Sequence[RefusedUse]:
        """The latest refused uses of one's own token, the last one first.

        Raises:
            NotFound: there is none, or it is somebody else's.
        """
        async with self._storage.reading() as read:
            token = await read.tokens.get(token_id)
            if token is None or token.owner_id != owner_id:
                raise NotFound("no such token")
            return await read.usage.refusals(token_id)


class UsedScopes:
    def __init__(self, storage: Storage, current: Current) -> None:
        self._storage = storage
        self._current = current

    async def __call__(self, token: Token) -> tuple[str, ...] | None:
        """Those of the token's scopes by which it did what APIs demanded in the last DEMANDED_WITHIN seconds; None
        where no API has said what it demanded, so that nothing can be called unused.
        """
        async with self._storage.reading() as read:
            since = await read.now() - DEMANDED_WITHIN
            demanded = await read.usage.demanded_since(token.id, since)
        catalogue = self._current.catalogue.scopes
        known = set(demanded).intersection(catalogue.scopes())
        if not known:
            return None
        return tuple(
            scope for scope in token.scopes if any(catalogue.covers((scope,), wanted) for wanted in known)
        )
