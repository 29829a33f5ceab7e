"""A deployment that publishes in a real Redis, on both engines, by the real time: that is what readers go by."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import redis
from safeconduct.status_list import StatusList

from service.application.issue import Issued
from service.application.publication import Push
from service.publish.redis import key_prefix
from service.wiring import Opened
from tests.application.clocks import ShiftedClock
from tests.application.conftest import emptied_url, kept_database, on
from tests.application.deployment import Deployment, claims_of
from tests.publish.redis_page import Reader, python_reader

__all__ = ["emptied_url", "kept_database", "on"]

PATIENCE = 30  # seconds, where nothing is promised


async def eventually(holds: Callable[[], object], *, within: float = PATIENCE) -> bool:
    """Ask until *holds* says yes; tell whether it did."""
    deadline = time.monotonic() + within
    while not holds():
        if time.monotonic() > deadline:
            return False
        await asyncio.sleep(0.01)
    return True


def place(issued: Issued) -> tuple[str, int]:
    """Where the lists tell of a token: (uri, idx)."""
    entry = claims_of(issued)["status"]["status_list"]
    return entry["uri"], entry["idx"]


@dataclass
class Published:
    """A deployment, its Redis, and what a reader of docs/redis.md sees there."""

    deployment: Deployment
    client: redis.Redis
    read: Reader

    @property
    def push(self) -> Push:
        return self.deployment.services.publication

    @property
    def prefix(self) -> str:
        return key_prefix(self.deployment.settings.issuer)

    @property
    def meta_key(self) -> str:
        return f"{self.prefix}meta"

    def list_key(self, issued: Issued) -> str:
        return f"{self.prefix}list:{place(issued)[0].rpartition('/')[2]}"

    def meta(self) -> dict[str, str]:
        return {name.decode(): value.decode() for name, value in self.client.hgetall(self.meta_key).items()}

    def says(self, issued: Issued) -> str:
        return self.read(*place(issued))

    def list_of(self, issued: Issued) -> StatusList:
        """Raises InvalidStatusList where it is not whole."""
        return StatusList.whole(self.client.get(self.list_key(issued)) or b"")

    async def comes_to_say(self, issued: Issued, verdict: str) -> bool:
        return await eventually(lambda: self.says(issued) == verdict)

    async def never_says_valid(self, issued: Issued, until: Callable[[], object]) -> bool:
        """Ask all the time until something holds; False if "valid" was ever the answer, or it never held."""
        said = set()

        def ask() -> object:
            said.add(self.says(issued))
            return until()

        return await eventually(ask) and "valid" not in said


@contextlib.asynccontextmanager
async def pushing(opened: Opened) -> AsyncIterator[Push]:
    """Let a process push, as `safeconduct serve` does."""
    push = opened.services.publication
    job = asyncio.create_task(push.run())
    try:
        yield push
    finally:
        job.cancel()
        await asyncio.gather(job, return_exceptions=True)


@contextlib.asynccontextmanager
async def publishing(on: Deployment, url: str, folder: Path) -> AsyncIterator[Published]:
    """The deployment's first process, with this Redis."""
    on.clock = ShiftedClock()
    on.settings = replace(on.settings, redis_url=url, revocation_stream_heartbeat=1)
    with (
        redis.Redis.from_url(url) as client,
        python_reader(url, on.settings.issuer, folder) as read,
    ):
        async with on.process() as on.opened, pushing(on.opened):
            yield Published(on, client, read)


@pytest.fixture
async def published(on: Deployment, redis_url: str, tmp_path: Path) -> AsyncIterator[Published]:
    async with publishing(on, redis_url, tmp_path) as published:
        yield published
