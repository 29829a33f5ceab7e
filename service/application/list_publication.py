"""One signed token per status list, version and tick: signed by whoever comes first, stored, the same for all."""

import asyncio
import zlib
from dataclasses import dataclass

from safeconduct.status_list import StatusList
from safeconduct.status_list_token import SignedStatusList

from keys import Purpose, SelfCheckFailed
from service.application.current import Current
from service.application.history import History
from service.application.minting import status_list_uri
from service.application.ports import Storage
from service.domain.errors import CannotSign, Gone, RecoveryNeeded, StorageUnavailable
from service.domain.status_list import ListHead, ListSnapshot, SignedList


@dataclass(frozen=True, slots=True, kw_only=True)
class ListTimes:
    """Seconds: how soon a reader should fetch again, how long a list may be relied on, how often it is
    signed.
    """

    ttl: int
    lifetime: int
    tick: int


class ListPublisher:
    """Keeps of each list its compressed form, so that it is compressed once per change."""

    def __init__(
        self, storage: Storage, current: Current, history: History, *, issuer: str, times: ListTimes
    ) -> None:
        self._storage = storage
        self._current = current
        self._history = history
        self._issuer = issuer
        self._times = times
        self._compressed: dict[str, tuple[StatusList, object]] = {}

    async def present(self, list_id: str) -> SignedList | None:
        """The token of a list as the database is now, signed here if nobody has; None when there is no such list.

        The entries are read only by who has to sign: the others take what is stored.

        While the database is behind it is the last that was published.

        Raises:
            Gone: the list was retired.
            CannotSign: and nothing stored may still be relied on.
        """
        if self._current.behind:
            return await self._last(list_id)
        signed = await self._of_now(list_id)
        if signed is not None:
            await asyncio.to_thread(self._history.remember, signed)
        return signed

    async def _last(self, list_id: str) -> SignedList | None:
        """While the database is behind, what was published last: until its `exp`, and nothing newer."""
        kept = self._history.kept.get(list_id)
        async with self._storage.reading() as read:
            now = await read.now()
        if kept is None or now >= kept.signed.expires_at:
            raise RecoveryNeeded("the database is older than what was published; run: safeconduct recover")
        return kept.signed

    async def _of_now(self, list_id: str) -> SignedList | None:
        async with self._storage.snapshot() as snap:
            head = await snap.status_lists.head(list_id)
            stored = await snap.status_lists.signed(list_id)
            if head is None:
                return None
            if head.retired:
                self._compressed.pop(list_id, None)
                await asyncio.to_thread(self._history.forget, list_id)
                raise Gone("every token of this list has expired")
            if stored is not None and (stored.version, stored.tick) >= (head.version, self._tick(head)):
                return stored
            snapshot = await snap.status_lists.entries(head)
        try:
            return await self._publish(snapshot, self._tick(head))
        except CannotSign:
            if stored is None or head.as_of >= stored.expires_at:
                raise
            return stored

    def _tick(self, head: ListHead) -> int:
        return head.as_of // self._times.tick

    async def _publish(self, snapshot: ListSnapshot, tick: int) -> SignedList:
        """Ours if it is the first for its version and tick, else the one that was. Signed by the key that is
        active while it is stored (K4).
        """
        while True:
            ring = self._current.ring
            signed = await self._sign(snapshot, tick)
            async with self._storage.transaction() as tx:
                if await tx.keys.lock() == ring.version:
                    head = await tx.status_lists.head(signed.list_id)
                    if head is not None and head.retired:
                        raise Gone("every token of this list has expired")
                    if await tx.status_lists.publish(signed):
                        return signed
                    stored = await tx.status_lists.signed(signed.list_id)
                    break
            await self._current.reload(self._storage)
        if stored is None:
            raise StorageUnavailable("the list was signed elsewhere and then removed")
        return stored

    async def _sign(self, snapshot: ListSnapshot, tick: int) -> SignedList:
        signer = self._current.signer(Purpose.STATUS_LIST)
        epoch, keyset_version = self._current.heads.get("epoch"), self._current.ring.version
        claims = await asyncio.to_thread(self._claims, snapshot, epoch, keyset_version)
        try:
            token = signer.sign(claims)
        except SelfCheckFailed as error:
            raise CannotSign(str(error)) from error
        return SignedList(
            list_id=snapshot.list_id,
            version=snapshot.version,
            tick=tick,
            token=token,
            issued_at=snapshot.as_of,
            expires_at=snapshot.as_of + self._times.lifetime,
        )

    def _claims(self, snapshot: ListSnapshot, epoch: int | None, keyset_version: int) -> dict[str, object]:
        """The claims to sign. To pack and compress a list takes milliseconds: in a thread, and compressed once per
        change, by a search for runs alone, which is what a list is made of (bench/README.md).
        """
        shown = SignedStatusList(
            uri=status_list_uri(self._issuer, snapshot.list_id),
            iss=self._issuer,
            iat=snapshot.as_of,
            exp=snapshot.as_of + self._times.lifetime,
            ttl=self._times.ttl,
            statuses=self._history.union(snapshot.list_id, snapshot.statuses()),
            epoch=epoch,
            version=snapshot.version,
            keyset_version=keyset_version,
        )
        compressed = self._compressed.get(snapshot.list_id)
        if compressed is None or compressed[0] != shown.statuses:
            claims: dict[str, object] = shown.to_json(strategy=zlib.Z_RLE)
            self._compressed[snapshot.list_id] = (shown.statuses, claims["status_list"])
            return claims
        return {**shown.to_json(level=0), "status_list": compressed[1]}
