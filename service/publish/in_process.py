"""News of a revocation within this process. Other replicas learn it by their poll."""

import asyncio
from contextlib import suppress


class InProcessAnnouncer:
    """An `Announcer` for one event loop."""

    def __init__(self) -> None:
        self._news = asyncio.Event()

    def announce(self, revision: int) -> None:  # noqa: ARG002 - whoever is woken reads the revision from the database
        self._news.set()

    async def wait(self, seconds: float) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._news.wait(), seconds)
        self._news.clear()
