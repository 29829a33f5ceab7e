"""The signed status lists: packed once per change, signed once per tick, the same bytes at every replica."""

import asyncio
import hashlib
from dataclasses import dataclass, replace

from safeconduct.status_list import StatusList
from safeconduct.status_list_token import SignedStatusList

from keys import Purpose, SelfCheckFailed
from service.application.current import Current
from service.application.minting import status_list_uri
from service.application.ports import Storage
from service.clock import Clock
from service.domain.errors import CannotSign, StorageUnavailable, Unknown
from service.domain.status_list import ListSnapshot, SignedList


@dataclass(frozen=True, slots=True, kw_only=True)
class ListTimes:
    """Seconds: how soon a reader should fetch again, how long a list may be relied on, how often it is
    signed.
    """

    ttl: int
    lifetime: int
    tick: int


@dataclass(frozen=True, slots=True)
class ServedList:
    """A status list token as it goes out: body, strong entity tag, and until when it may be relied on.

    `looked_up` is the tick, by this process's clock, in which the database was asked for it.
    """

    body: bytes
    etag: str
    expires_at: int
    version: int
    tick: int
    looked_up: int


class StatusListTokens:
    """Serves from memory; follows the database by `follow()`, which the housekeeping calls every second.

    A list's `iat` is the time of the database snapshot it shows, never newer (R8); without the database the
    last one is served until its `exp`, then nothing. The database is asked for a list once a tick, however
    many readers there are (R63), and a failure is not asked for again by them before the next tick (R57).
    """

    def __init__(
        self, storage: Storage, current: Current, *, issuer: str, times: ListTimes, clock: Clock
    ) -> None:
        self._storage = storage
        self._current = current
        self._issuer = issuer
        self._times = times
        self._clock = clock
        self._served: dict[str, ServedList] = {}
        self._tried: dict[str, int] = {}
        self._compressed: dict[str, tuple[StatusList, object]] = {}
        self._renewals: dict[str, asyncio.Task[ServedList | None]] = {}
        self._followed = 0

    async def ids(self) -> list[str]:
        """All lists there are, oldest first."""
        async with self._storage.reading() as read:
            return await read.status_lists.all()

    async def token(self, list_id: str) -> ServedList | None:
        """The present token of a list; None when there is no such list.

        Raises:
            StorageUnavailable, CannotSign: nothing unexpired is at hand.
        """
        served = self._served.get(list_id)
        if served is None or self._clock() >= served.expires_at:
            return await self._renewed(list_id)
        tick = self._tick()
        if tick in {served.looked_up, self._tried.get(list_id)}:
            return served
        self._tried[list_id] = tick
        try:
            return await self._renewed(list_id)
        except Unknown:
            return served

    async def follow(self) -> None:
        """Sign anew what has changed, and, once a tick, all that is served here."""
        async with self._storage.reading() as read:
            revision = (await read.heads())["revision"]
            stale = set(await read.status_lists.changed_since(self._followed))
        tick = self._tick()
        for list_id, served in list(self._served.items()):
            if served.looked_up == tick and list_id not in stale:
                continue
            if (begun_before := self._renewals.get(list_id)) is not None:
                await asyncio.wait([begun_before])
            await self._renewed(list_id)
        self._followed = revision

    def _tick(self) -> int:
        return self._clock() // self._times.tick

    async def _renewed(self, list_id: str) -> ServedList | None:
        """By the renewal under way, or a new one: in a task of its own, which no reader's disconnect cancels."""
        renewal = self._renewals.get(list_id)
        if renewal is None:
            renewal = asyncio.create_task(self._renew(list_id))
            renewal.add_done_callback(
                lambda done: done.cancelled() or done.exception()
            )  # seen, if nobody waits
            self._renewals[list_id] = renewal
        return await asyncio.shield(renewal)

    async def _renew(self, list_id: str) -> ServedList | None:
        looked_up = self._tick()
        try:
            stored = await self._present(list_id)
        finally:
            del self._renewals[list_id]
        if stored is None:
            return None
        served = _served(stored, looked_up)
        before = self._served.get(list_id)
        if before is not None and (before.version, before.tick) > (served.version, served.tick):
            served = replace(before, looked_up=looked_up)
        self._served[list_id] = served
        return served

    async def _present(self, list_id: str) -> SignedList | None:
        async with self._storage.snapshot() as snap:
            snapshot = await snap.status_lists.snapshot(list_id)
            stored = await snap.status_lists.signed(list_id)
        if snapshot is None:
            return None
        tick = snapshot.as_of // self._times.tick
        if stored is not None and (stored.version, stored.tick) >= (snapshot.version, tick):
            return stored
        try:
            return await self._publish(snapshot, tick)
        except CannotSign:
            if stored is None or snapshot.as_of >= stored.expires_at:
                raise
            return stored

    async def _publish(self, snapshot: ListSnapshot, tick: int) -> SignedList:
        """Ours if it is the first for its version and tick, else the one that was. Signed by the key that is
        active while it is stored (K4).
        """
        while True:
            ring = self._current.ring
            signed = await self._sign(snapshot, tick)
            async with self._storage.transaction() as tx:
                if await tx.keys.lock() == ring.version:
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
        """The claims to sign. To pack and compress them takes up to tens of milliseconds: in a thread, and
        compressed once per change.
        """
        shown = SignedStatusList(
            uri=status_list_uri(self._issuer, snapshot.list_id),
            iss=self._issuer,
            iat=snapshot.as_of,
            exp=snapshot.as_of + self._times.lifetime,
            ttl=self._times.ttl,
            statuses=snapshot.statuses(),
            epoch=epoch,
            version=snapshot.version,
            keyset_version=keyset_version,
        )
        compressed = self._compressed.get(snapshot.list_id)
        if compressed is None or compressed[0] != shown.statuses:
            claims: dict[str, object] = shown.to_json()
            self._compressed[snapshot.list_id] = (shown.statuses, claims["status_list"])
            return claims
        return {**shown.to_json(level=0), "status_list": compressed[1]}


def _served(signed: SignedList, looked_up: int) -> ServedList:
    body = signed.token.encode()
    etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    return ServedList(body, etag, signed.expires_at, signed.version, signed.tick, looked_up)
