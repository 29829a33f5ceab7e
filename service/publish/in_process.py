"""News of a revocation to those in this process who wait for it, whoever committed it."""

import asyncio
from contextlib import suppress


class InProcessListener:
    """Hears of everything that was announced since it listened last."""

    def __init__(self) -> None:
        self.news = asyncio.Event()

    async def wait(self, seconds: float) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self.news.wait(), seconds)
        self.news.clear()


class InProcessAnnouncer:
    """An `Announcer` for one event loop."""

    def __init__(self) -> None:
        self._listeners: list[InProcessListener] = []

    def announce(self) -> None:
        for listener in self._listeners:
            listener.news.set()

    def listener(self) -> InProcessListener:
        listener = InProcessListener()
        self._listeners.append(listener)
        return listener
