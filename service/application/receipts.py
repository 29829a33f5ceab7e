"""What became of a revocation, and by when the last verifier knows."""

from service.application.ports import Storage
from service.domain.errors import NotFound, TokenIsNotRevoked
from service.domain.receipt import Receipt, receipt


class RevocationReceipts:
    """`lifetime` and `leeway` in seconds: of a signed list, and of verifiers' clocks."""

    def __init__(self, storage: Storage, *, lifetime: int, leeway: int) -> None:
        self._storage = storage
        self._lifetime = lifetime
        self._leeway = leeway

    async def __call__(self, token_id: str, *, owner_id: str | None) -> Receipt:
        """The receipt of a record of this owner, of anybody's where none is named.

        Raises:
            NotFound: no such token of theirs.
            TokenIsNotRevoked: there is nothing to tell.
        """
        async with self._storage.reading() as read:
            token = await read.tokens.get(token_id)
            if token is None or owner_id not in {None, token.owner_id}:
                raise NotFound("no such token")
            if token.revoked_at is None:
                raise TokenIsNotRevoked("this token is not revoked")
            notices = await read.status_lists.notices(token_id)
            revision = max((notice.revision for notice in notices), default=None)
            pushed = {} if revision is None else await read.publications.of(revision)
        return receipt(token, notices, pushed, lifetime=self._lifetime, leeway=self._leeway)
