"""The signed status lists: packed once per change, signed once per tick, the same bytes at every replica."""

import asyncio
import hashlib
from dataclasses import dataclass

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
    """A status list token as it goes out: body, strong entity tag, and until when it may be relied on."""

    body: bytes
    etag: str
    expires_at: int
    version: int
    tick: int


class StatusListTokens:
    """Serves from memory; follows the database by `follow()`, which the housekeeping calls every second.

    A list's `iat` is the time of the database snapshot it shows, never newer (R8); without the database the
    last one is served until its `exp`, then nothing.
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
        self._compressed: dict[str, tuple[StatusList, object]] = {}
        self._followed = 0
        self._signing: dict[str, asyncio.Lock] = {}

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
        if served is not None and served.tick == self._clock() // self._times.tick:
            return served
        try:
            return await self._renew(list_id)
        except Unknown:
            if served is not None and self._clock() < served.expires_at:
                return served
            raise

    async def follow(self) -> None:
        """Sign anew what has changed since the last call, and, once a tick, all that is served here."""
        async with self._storage.reading() as read:
            revision = (await read.heads())["revision"]
            changed = set(await read.status_lists.changed_since(self._followed))
        tick = self._clock() // self._times.tick
        for list_id, served in list(self._served.items()):
            if served.tick != tick or list_id in changed:
                await self._renew(list_id)
        self._followed = revision

    async def _renew(self, list_id: str) -> ServedList | None:
        async with self._signing.setdefault(list_id, asyncio.Lock()):
            async with self._storage.snapshot() as snap:
                snapshot = await snap.status_lists.snapshot(list_id)
                stored = await snap.status_lists.signed(list_id)
            if snapshot is None:
                self._signing.pop(list_id, None)
                return None
            tick = snapshot.as_of // self._times.tick
            if stored is None or (stored.version, stored.tick) < (snapshot.version, tick):
                stored = await self._publish(await self._sign(snapshot, tick))
            served = _served(stored)
            before = self._served.get(list_id)
            if before is None or (before.version, before.tick) < (served.version, served.tick):
                self._served[list_id] = served
            return self._served[list_id]

    async def _publish(self, signed: SignedList) -> SignedList:
        """Ours if it is the first for its version and tick, else the one that was."""
        async with self._storage.transaction() as tx:
            if await tx.status_lists.publish(signed):
                return signed
            stored = await tx.status_lists.signed(signed.list_id)
        if stored is None:
            raise StorageUnavailable("the list was signed elsewhere and then removed")
        return stored

    async def _sign(self, snapshot: ListSnapshot, tick: int) -> SignedList:
        claims = await self._claims(snapshot)
        try:
            token = self._current.signer(Purpose.STATUS_LIST).sign(claims)
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

    async def _claims(self, snapshot: ListSnapshot) -> dict[str, object]:
        """The claims to sign. Compressing takes up to tens of milliseconds: off the event loop, and once per
        change.
        """
        shown = SignedStatusList(
            uri=status_list_uri(self._issuer, snapshot.list_id),
            iss=self._issuer,
            iat=snapshot.as_of,
            exp=snapshot.as_of + self._times.lifetime,
            ttl=self._times.ttl,
            statuses=snapshot.statuses(),
            epoch=self._current.heads.get("epoch"),
            version=snapshot.version,
            keyset_version=self._current.ring.version,
        )
        compressed = self._compressed.get(snapshot.list_id)
        if compressed is None or compressed[0] != shown.statuses:
            claims: dict[str, object] = await asyncio.to_thread(shown.to_json)
            self._compressed[snapshot.list_id] = (shown.statuses, claims["status_list"])
            return claims
        return {**shown.to_json(level=0), "status_list": compressed[1]}


def _served(signed: SignedList) -> ServedList:
    body = signed.token.encode()
    etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    return ServedList(body, etag, signed.expires_at, signed.version, signed.tick)
