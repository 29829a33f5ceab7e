"""What was published outlives the database: nothing of it is taken back, and an older database is noticed (R9)."""

import asyncio
import json
from collections.abc import Callable

import structlog
from safeconduct import KeySet
from safeconduct.errors import InvalidKeySet, SafeconductError
from safeconduct.parser import STATUS_LIST_TOKEN_LIMIT, parse
from safeconduct.policy import VerificationPolicy
from safeconduct.status_list import StatusList
from safeconduct.status_list_token import SignedStatusList, check_status_list_token

from keys import KeyState
from service.application.current import Current
from service.application.history_ports import FarCopies, Shelf
from service.application.minting import status_list_uri
from service.application.ports import Storage
from service.application.reapply import Reapply
from service.domain.audit import AuditEntry
from service.domain.history import EPOCH, Heads, KeptList, furthest
from service.domain.status_list import SignedList

log = structlog.get_logger("history")

MOST_HEALED_ALONE = 1_000
"""Values that are revoked again without being asked (threats 3)."""


class History:
    """The last published copy of each list, kept outside the database as well.

    Only what a status key of ours has signed is believed, wherever it was kept.
    """

    def __init__(
        self,
        storage: Storage,
        current: Current,
        shelf: Shelf,
        far: FarCopies | None = None,
        *,
        issuer: str,
        tick: int,
    ) -> None:
        self._storage = storage
        self._current = current
        self._shelf = shelf
        self._far = far
        self._far_tokens: dict[str, str] = {}
        self._far_failing = ""
        self._sending: asyncio.Task[None] | None = None
        self._issuer = issuer
        self._tick = tick
        self._kept_heads: Heads = {}
        self._kept_ring = -1
        self._told = False
        self.kept: dict[str, KeptList] = {}
        self.regressions = 0
        """Entries that a database called valid again after a list of ours had said revoked."""

    async def open(self) -> None:
        """Take from the shelf what was seen and published, then look at the database for the first time.

        Raises:
            OSError: the shelf cannot be read.
        """
        self._current.seen = await asyncio.to_thread(self._shelf.heads)
        await self._current.reload(self._storage)
        await asyncio.to_thread(self._take_lists)
        await asyncio.to_thread(self._take_far_lists)
        self._current.seen = furthest(self._current.seen, self._shown())
        await self._current.reload(self._storage)

    async def follow(self) -> None:
        """Keep how far the database is; where it is behind, tell everybody and revoke again what it has forgotten."""
        if self._current.behind:
            await self._tell()
            return
        self._told = False
        if self._current.seen != self._kept_heads:
            heads = self._current.seen
            await asyncio.to_thread(self._keep, self._shelf.keep_heads, heads)
            self._kept_heads = heads
        if self._far is not None and (self._sending is None or self._sending.done()):
            self._sending = asyncio.create_task(self._send(self._far))  # nobody waits for Redis
        if self._current.ring.version != self._kept_ring:
            version, published = self._current.ring.version, json.loads(self._current.published.body)
            await asyncio.to_thread(self._keep, self._shelf.keep_keys, published["keys"])
            self._kept_ring = version

    def union(self, list_id: str, truth: StatusList) -> StatusList:
        """What may be published: INVALID where it was published before, else the database's word."""
        kept = self.kept.get(list_id)
        merged = truth if kept is None else kept.statuses.merged(truth)
        if merged != truth:
            self.regressions += 1
            log.error("revocation_regression", list_id=list_id)
        return merged

    def remember(self, signed: SignedList) -> None:
        """Keep a token as the last published one of its list. Not on the event loop."""
        before = self.kept.get(signed.list_id)
        if before is not None and before.signed == signed:
            return
        read = self._read(signed.list_id, signed.token, self._keys())
        if read is not None:
            self.kept[signed.list_id] = read
            self._keep(self._shelf.keep_list, signed.list_id, signed.token)

    def forget(self, list_id: str) -> None:
        """A list that is published no more. Not on the event loop."""
        if self.kept.pop(list_id, None) is not None:
            self._keep(self._shelf.forget_list, list_id)

    @staticmethod
    def _keep(keep: Callable[..., None], *what: object) -> None:
        """A shelf that cannot be written holds nothing up: lists are published all the same."""
        try:
            keep(*what)
        except OSError as error:
            log.error("history_not_kept", reason=str(error))  # noqa: TRY400 - the reason says all

    def _take_lists(self) -> None:
        keys = self._keys()
        for list_id, token in self._shelf.lists().items():
            if (read := self._read(list_id, token, keys)) is not None:
                self.kept[list_id] = read

    def _take_far_lists(self) -> None:
        if self._far is None:
            return
        keys = self._keys()
        try:
            found = self._far.lists()
        except OSError as error:
            log.warning("far_copies_unread", reason=str(error))
            return
        for list_id, token in found.items():
            read = self._read(list_id, token, keys)
            if read is not None and (list_id not in self.kept or read.age > self.kept[list_id].age):
                self.kept[list_id] = read

    def _shown(self) -> Heads:
        """How far the database was, by what the latest of our lists say of it."""
        latest = max(((kept.epoch, kept.signed.version) for kept in self.kept.values()), default=None)
        return {} if latest is None else {EPOCH: latest[0], "revision": latest[1]}

    async def _send(self, far: FarCopies) -> None:
        tokens = {list_id: kept.signed.token for list_id, kept in self.kept.items()}
        fresh = {name: token for name, token in tokens.items() if self._far_tokens.get(name) != token}
        if not fresh:
            return
        try:
            await asyncio.to_thread(far.keep, fresh)
        except OSError as error:
            if self._far_failing != str(error):
                log.warning("far_copies_unwritten", reason=str(error))
            self._far_failing = str(error)
        else:
            self._far_tokens, self._far_failing = tokens, ""

    def _keys(self) -> KeySet:
        """Those of the ring, and those that were published once, but for compromised ones."""
        ring = self._current.ring
        lost = {key.kid for key in ring.keys if key.state is KeyState.COMPROMISED}
        published = json.loads(self._current.published.body)["keys"]
        known = {key["kid"]: key for key in (*self._shelf.keys(), *published) if key["kid"] not in lost}
        try:
            return KeySet.from_document({"keys": list(known.values())[-50:]})
        except InvalidKeySet:
            return self._current.key_set

    def _read(self, list_id: str, token: str, keys: KeySet) -> KeptList | None:
        """None for what we did not sign."""
        uri = status_list_uri(self._issuer, list_id)
        policy = VerificationPolicy(issuer=self._issuer, audiences=None)
        try:
            at = parse(token, max_length=STATUS_LIST_TOKEN_LIMIT).claims.get("iat")
            shown = check_status_list_token(token, uri, keys, policy, at if isinstance(at, int) else 0)
        except SafeconductError as error:
            log.warning("kept_list_refused", list_id=list_id, reason=str(error))
            return None
        return KeptList(_signed(list_id, token, shown, self._tick), shown.statuses, shown.epoch or 0)

    async def _tell(self) -> None:
        async with self._storage.transaction() as tx:
            if await tx.recovery.need():
                entry = AuditEntry(
                    actor="housekeeping",
                    action="database.behind",
                    subject="database",
                    detail={"counters": self._current.behind, "seen": dict(self._current.seen)},
                )
                await tx.audit.append([entry], await tx.now())
        if not self._told:
            log.critical("database_behind", counters=self._current.behind, run="safeconduct recover")
            await Reapply(self._storage)(self.kept, actor="housekeeping", most=MOST_HEALED_ALONE)
            self._told = True


def _signed(list_id: str, token: str, shown: SignedStatusList, tick: int) -> SignedList:
    return SignedList(
        list_id=list_id,
        version=shown.version or 0,
        tick=shown.iat // tick,
        token=token,
        issued_at=shown.iat,
        expires_at=shown.exp,
    )
