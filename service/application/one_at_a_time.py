import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class OneAtATime(Generic[T]):
    """Of each name at most one run at once: who asks meanwhile gets that one's result.

    Each runs in a task of its own, which no caller's cancellation stops. For what may be a moment old; never for
    the truth (threats 1).
    """

    def __init__(self) -> None:
        self._running: dict[str, asyncio.Task[T]] = {}

    async def run(self, name: str, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """The result of the run under way, or of a new one."""
        task = self._running.get(name)
        if task is None or task.done():
            task = asyncio.create_task(work())
            self._running[name] = task
            task.add_done_callback(lambda done: self._end(name, done))
        return await asyncio.shield(task)

    async def finished(self, name: str) -> None:
        """Wait for the run under way, if there is one, however it ends."""
        if (task := self._running.get(name)) is not None:
            await asyncio.wait([task])

    def __len__(self) -> int:
        return len(self._running)

    def _end(self, name: str, done: "asyncio.Task[T]") -> None:
        if self._running.get(name) is done:
            del self._running[name]
        if not done.cancelled():
            done.exception()  # seen, if nobody waits
