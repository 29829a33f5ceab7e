"""Pushing what changes in the status lists: to the event stream, and to Redis where there is one."""

import asyncio
from dataclasses import dataclass, field
from functools import partial
from typing import Final, Protocol

from service.application.beats import Beats, Job
from service.application.ports import Storage
from service.application.publication_ports import Announcer
from service.application.revocation_feed import RevocationFeed
from service.application.revocation_streams import RevocationStreams
from service.clock import Clock
from service.domain.publication import Form, Publication

LISTEN_AGAIN: Final = 1.0
"""Seconds until another try to listen, after a connection was lost."""


@dataclass(slots=True, kw_only=True)
class RedisState:
    """How Redis is doing, for those who watch. `failing` is why it does not say what the database says."""

    failing: str | None = "not reached yet"
    version: int = 0
    as_of: int = 0
    repairs: int = 0


class RedisPublisher(Protocol):
    """Publishes in Redis what the feed has."""

    @property
    def state(self) -> RedisState: ...
    async def follow(self) -> None:
        """Bring Redis to where the feed is; never raises because of Redis."""

    async def rest(self) -> None:
        """Until there is something to do again."""

    def wake(self) -> None: ...
    async def close(self) -> None: ...
    async def fault(self) -> str | None:
        """Why it cannot be published in as it is set up; None also while it cannot be asked."""


class Notes:
    """When the forms had which revision, kept here until it is written down, so that nothing waits for that."""

    def __init__(self, storage: Storage, milliseconds: Clock) -> None:
        self._storage = storage
        self._milliseconds = milliseconds
        self._notes: list[Publication] = []
        self._noted = dict.fromkeys(Form, 0)

    def note(self, form: Form, revision: int) -> None:
        """A form has a revision now."""
        if revision <= self._noted[form]:
            return
        self._noted[form] = revision
        self._notes.append(Publication(form, revision, self._milliseconds()))

    async def write(self) -> None:
        """Raises StorageUnavailable: they are kept."""
        if not (notes := list(self._notes)):
            return
        async with self._storage.transaction() as tx:
            await tx.publications.note(notes)
        del self._notes[: len(notes)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Push:
    """Everything of one process that pushes. `listen` brings the news of other processes, `poll` is in how many seconds
    a revocation is seen of which no news came (R4, R5).
    """

    listen: Job
    feed: RevocationFeed
    streams: RevocationStreams
    notes: Notes
    announcer: Announcer
    heartbeat: int
    poll: float
    redis: RedisPublisher | None = None
    _beat: Beats = field(default_factory=lambda: Beats("push"))

    async def run(self) -> None:
        """Until cancelled."""
        news = self.announcer.listener()
        async with asyncio.TaskGroup() as beats:
            beats.create_task(self._beat("listen", self.listen, partial(asyncio.sleep, LISTEN_AGAIN)))
            beats.create_task(self._beat("follow", self.follow, partial(news.wait, self.poll)))
            beats.create_task(self._beat("heartbeat", self.beat, partial(asyncio.sleep, self.heartbeat)))
            if self.redis is not None:
                beats.create_task(self._beat("redis", self.redis.follow, self.redis.rest))

    async def follow(self) -> None:
        """Read what is new and tell every reader.

        Raises:
            StorageUnavailable: the database cannot be asked; what is pushed grows old, and shows it.
        """
        if await self.feed.follow():
            self.notes.note(Form.STREAM, self.feed.standing.position.revision)
            if self.redis is not None:
                self.redis.wake()
            await self.streams.tell()

    async def beat(self) -> None:
        """Tell every reader how old what it has is."""
        await self.streams.beat()

    async def fault(self) -> str | None:
        """What an operator has to change before this may start."""
        return None if self.redis is None else await self.redis.fault()

    async def close(self) -> None:
        """Let go of Redis."""
        if self.redis is not None:
            await self.redis.close()
