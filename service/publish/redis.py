"""Publishing the status lists in Redis, for readers in any language (docs/redis.md). Redis decides nothing here."""

import asyncio
import hashlib
import json
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, NamedTuple

import structlog
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import NoPermissionError, RedisError

from service.application.publication import Notes, RedisState
from service.application.revocation_feed import RevocationFeed
from service.domain.publication import BEFORE_ALL, Change, Form, Position, Standing
from service.publish.list_copies import ListCopies

log = structlog.get_logger("redis")

REFRESH_EVERY: Final = 5.0
"""Seconds between two refreshes of `as_of`, and between two looks at what is there."""
RETRY_EVERY: Final = 1.0
"""Seconds without a further try after one has failed, so that a Redis in trouble is not pressed."""
PATIENCE: Final = 2.0
"""Seconds for an answer of Redis; nobody but this job waits for it."""
KEPT: Final = 10_000
"""Entries of the stream of changes, or a few more."""
AT_ONCE: Final = 200
ATTEMPTS: Final = 100
"""Rounds in one turn: changes of AT_ONCE revisions each, or races that other replicas won."""

_WANTED: Final = "noeviction"
_SCRIPT: Final = Path(__file__).with_name("publish.lua")


class _Answer(NamedTuple):
    outcome: str
    position: Position
    differing: Sequence[int]


class RedisLists:
    """Keeps Redis where the feed is, beside any number of other processes that do the same: one script compares,
    and sets only what is newer (threats 6).
    """

    def __init__(
        self, url: str, feed: RevocationFeed, copies: ListCopies, notes: Notes, *, issuer: str
    ) -> None:
        self._redis = Redis.from_url(
            url,
            socket_timeout=PATIENCE,
            socket_connect_timeout=PATIENCE,
            retry=Retry(NoBackoff(), 0),
        )
        self._script = self._redis.register_script(_SCRIPT.read_text("utf-8"))
        self._feed = feed
        self._copies = copies
        self._notes = notes
        self._issuer = issuer
        self._prefix = key_prefix(issuer)
        self._there: Position | None = None
        self._news = asyncio.Event()
        self._is_new = True
        self._look_at = 0.0
        self._ahead_since: int | None = None
        self.state = RedisState()

    async def follow(self) -> None:
        """Bring Redis to where the feed is, and what is not as it should be there with it.

        Raises:
            StorageUnavailable: the database cannot tell what Redis should say.
        """
        self._news.clear()
        try:
            if self._is_new:
                await self._warn_of_eviction()
            await self._bring()
        except (RedisError, OSError) as error:
            await self._fail(str(error) or type(error).__name__)

    async def rest(self) -> None:
        """Until there is news or the next refresh; after a failure a second, whatever news there is."""
        if self.state.failing is not None:
            await asyncio.sleep(RETRY_EVERY)
            return
        with suppress(TimeoutError):
            await asyncio.wait_for(self._news.wait(), REFRESH_EVERY)

    def wake(self) -> None:
        self._news.set()

    async def close(self) -> None:
        await self._redis.aclose()

    async def fault(self) -> str | None:
        """Why this Redis cannot be published in as it is set up; None also while it cannot be asked."""
        with suppress(RedisError, OSError):
            if (policy := await self._eviction()) != _WANTED:
                return f"it has maxmemory-policy {policy} and may drop a list; set {_WANTED}"
        return None

    async def _bring(self) -> None:
        whole = False
        for _ in range(ATTEMPTS):
            await self._copies.follow()
            standing = self._feed.standing
            since = min(
                self._there or standing.position, standing.position
            )  # ahead: ask whether it is so still
            changes = None if whole else self._feed.after(since, most=AT_ONCE)
            if changes is None:
                answer = await self._order("all", standing, lists=self._copies.ids)
            else:
                answer = await self._apply(standing, since, changes)
            whole = answer.outcome == "unsound"
            self._there = None if whole else answer.position
            if answer.outcome == "newer":
                self._stand_behind()
                return
            if answer.outcome == "done" and answer.position == standing.position:
                await self._arrive(standing, answer.differing)
                return
        raise OSError("other processes were faster again and again")

    async def _apply(self, standing: Standing, since: Position, changes: Sequence[Change]) -> _Answer:
        final = len(changes) < AT_ONCE
        return await self._order(
            "changes",
            standing if final else standing._replace(position=changes[-1].position),
            lists=self._copies.ids,
            since=since,
            changes=changes,
            final=final,
            compare=final and asyncio.get_running_loop().time() >= self._look_at,
        )

    async def _order(
        self,
        write: str,
        standing: Standing,
        *,
        lists: Sequence[str],
        since: Position = BEFORE_ALL,
        changes: Sequence[Change] = (),
        final: bool = True,
        compare: bool = False,
    ) -> _Answer:
        """Run the script; see there."""
        order = {
            "issuer": self._issuer,
            "epoch": standing.position.epoch,
            "version": standing.position.revision,
            "as_of": standing.as_of,
            "final": final,
            "write": write,
            "since": since.revision,
            "changes": [(str(change.position), change.body) for change in changes],
            "keep": KEPT,
            "lists": lists,
            "digests": [self._copies.digest(each) for each in lists] if compare else [],
        }
        keys = [self._prefix + name for name in ("meta", "changes", *(f"list:{each}" for each in lists))]
        whole = [] if write == "changes" else [self._copies.packed(each) for each in lists]
        outcome, epoch, version, differing = await self._script(keys=keys, args=[json.dumps(order), *whole])
        return _Answer(outcome.decode(), Position(epoch, version), differing)

    async def _arrive(self, standing: Standing, differing: Sequence[int]) -> None:
        loop = asyncio.get_running_loop()
        if loop.time() >= self._look_at:
            self._look_at = loop.time() + REFRESH_EVERY / 2
        if differing:
            ids = self._copies.ids
            await self._repair(standing, [ids[place - 1] for place in differing])
        if self.state.failing is not None:
            log.info("redis_follows", revision=standing.position.revision)
        if self._copies.gone:
            await self._remove_retired()
        self._ahead_since = None
        self.state.failing = None
        self.state.version, self.state.as_of = standing.position.revision, standing.as_of
        self._notes.note(Form.REDIS, standing.position.revision)

    async def _repair(self, standing: Standing, differing: Sequence[str]) -> None:
        """Write anew what does not say what the database says now."""
        lists = await self._copies.load(differing)
        answer = await self._order(
            "changes", standing, lists=lists, since=standing.position, final=False, compare=True
        )
        if answer.outcome != "done" or not answer.differing:
            return
        lists = [lists[place - 1] for place in answer.differing]
        answer = await self._order("some", standing, lists=lists)
        if answer.outcome == "done":
            self.state.repairs += len(lists)
            log.warning("redis_repaired", lists=lists)

    async def _remove_retired(self) -> None:
        """A list that was retired is in no token that lives; who reads it still gets unknown."""
        gone = set(self._copies.gone)
        await self._redis.unlink(*(f"{self._prefix}list:{each}" for each in gone))
        self._copies.gone -= gone

    def _stand_behind(self) -> None:
        """Leave Redis alone: it has what this process has not read yet, or what the database has lost (threats 7)."""
        as_of = self._feed.standing.as_of
        self._ahead_since = as_of if self._ahead_since is None else self._ahead_since
        if as_of - self._ahead_since > REFRESH_EVERY:
            self._note_failure("Redis is ahead of the database")

    async def _fail(self, reason: str) -> None:
        self._note_failure(reason)
        self._there, self._is_new, self._look_at = None, True, 0.0
        with suppress(RedisError, OSError):  # it may lead to another server now
            await self._redis.connection_pool.disconnect()

    def _note_failure(self, reason: str) -> None:
        if self.state.failing != reason:
            log.warning("redis_failing", reason=reason)
        self.state.failing = reason

    async def _warn_of_eviction(self) -> None:
        if (policy := await self._eviction()) != _WANTED:
            log.warning("redis_may_evict", policy=policy, wanted=_WANTED)
        self._is_new = False

    async def _eviction(self) -> str:
        """What it does when its memory is full; `noeviction` where we may not ask."""
        memory: Any = {}
        with suppress(NoPermissionError):
            memory = await self._redis.info("memory")
        return str(memory.get("maxmemory_policy", _WANTED))


def key_prefix(issuer: str) -> str:
    """Before every key of this issuer; the braces keep them on one node of a cluster."""
    return f"safeconduct:{{{hashlib.sha256(issuer.encode()).hexdigest()[:16]}}}:"
