"""Regenerate: a new value for a record; the old one dies in the same transaction, or when its overlap is over."""

from service.application.current import Current
from service.application.idempotency import Repeated, UnderWay, earlier, note
from service.application.issue import Issued
from service.application.minting import Mint
from service.application.ports import Storage, Transaction
from service.application.renewal import Renewal
from service.domain.audit import AuditEntry
from service.domain.descent import Parent
from service.domain.errors import Refused
from service.domain.idempotency import IdempotencyKey
from service.domain.issuance import TokenRequest
from service.domain.overlap import NO_OVERLAP, Overlap


class RegenerateToken:
    def __init__(self, storage: Storage, current: Current, mint: Mint, under_way: UnderWay) -> None:
        self._storage = storage
        self._renewal = Renewal(current, mint)
        self._under_way = under_way

    async def __call__(
        self,
        token_id: str,
        request: TokenRequest,
        *,
        owner_id: str,
        actor: str,
        overlap: Overlap = NO_OVERLAP,
        parent: Parent | None = None,
    ) -> Issued:
        """The record with a fresh value. Members that `request` leaves out stay as they are.

        Grant, scopes and policy are judged anew. Works on expired tokens. During an overlap the value before
        goes on; one that was in its overlap already ends at once. With a `parent`, a token renews what it made.

        Raises:
            NotFound: no such token of this owner.
            TokenIsRevoked, TokenIsSuspended: nothing may come of it.
            Faulty, ScopeExceedsGrant, LimitReached: as for a new token.
        """
        async with self._storage.transaction() as tx:
            return await self._regenerate(tx, token_id, request, owner_id, actor, overlap, parent)

    async def once(
        self,
        token_id: str,
        request: TokenRequest,
        *,
        key: IdempotencyKey,
        owner_id: str,
        actor: str,
        overlap: Overlap = NO_OVERLAP,
        parent: Parent | None = None,
    ) -> Issued | Repeated:
        """The same, but a repeat within a day is told the record as it is, and ends no value.

        Raises:
            InProgress: the first one is still under way, in this process or another.
            IdempotencyKeyReused: the key came with another request.
        """
        with self._under_way.during(key):
            async with self._storage.transaction() as tx:
                known = (await earlier(tx, [key])).get(key)
                if isinstance(known, Refused):
                    raise known
                if known is not None:
                    return known
                issued = await self._regenerate(tx, token_id, request, owner_id, actor, overlap, parent)
                await note(tx, [(key, issued.token)])
        return issued

    async def _regenerate(
        self,
        tx: Transaction,
        token_id: str,
        request: TokenRequest,
        owner_id: str,
        actor: str,
        overlap: Overlap,
        parent: Parent | None,
    ) -> Issued:
        made_by = parent.token_id if parent is not None else None
        token = await self._renewal.lock(tx, token_id, owner_id, made_by=made_by)
        entry = AuditEntry(actor=actor, action="token.regenerated", subject=f"token:{token.id}")
        return await self._renewal.make(tx, token, request, entry=entry, overlap=overlap, by=parent)
