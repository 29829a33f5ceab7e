"""Many concurrent questions, one statement."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final, Generic, TypeVar

from service.domain.errors import StorageUnavailable

V = TypeVar("V")

PATIENCE: Final = 2.75
"""Seconds for which a question waits: for a statement that is stuck, and for its own after that (R57)."""

_TICK: Final = 0.001  # the clock of the loop counts milliseconds


class Batch(Generic[V]):
    """Share one read among the questions that wait for it, without ever answering from the past.

    A question may join a batch only until that batch's statement is handed to the driver: the batch is
    detached first, nothing joins a running statement, and no answer outlives its batch. The statement runs in
    a task of its own, which no asker's disconnect cancels; its failure reaches the askers of that batch
    alone. Answers are matched by key, never by position.

    A statement costs far more than one key more in it: so a second one runs beside the first only for a full
    batch, and none is sent before everything that is readable at this moment was read.
    """

    def __init__(
        self,
        ask: Callable[[Sequence[str]], Awaitable[Mapping[str, V]]],
        *,
        size: int = 32,
        at_once: int = 2,
        patience: float = PATIENCE,
    ) -> None:
        self._ask = ask
        self._size = size
        self._at_once = at_once
        self._patience = patience
        self._waiting: deque[_Askers[V]] = deque()
        self._running: set[asyncio.Task[None] | None] = set()

    async def get(self, key: str) -> V | None:
        """What a statement begun after this call says of `key`; None when it says nothing.

        Raises: whatever the statement raised, or StorageUnavailable after `patience` seconds.
        """
        loop = asyncio.get_running_loop()
        waiting = self._waiting
        if not waiting or (len(waiting[-1]) >= self._size and key not in waiting[-1]):
            waiting.append(_Askers(loop, self._patience))
        answer = waiting[-1].add(key, loop)
        if not self._running or (len(self._running) < self._at_once and len(waiting[0]) >= self._size):
            self._running.add(asyncio.create_task(self._run()))
        return await answer

    async def _run(self) -> None:
        try:
            while self._waiting:
                await asyncio.sleep(0)
                if self._waiting:
                    await self._settle(self._waiting.popleft())
        finally:  # at once: a question of this very moment must not count on a runner that has ended
            self._running.difference_update({asyncio.current_task()})

    async def _settle(self, askers: "_Askers[V]") -> None:
        try:
            answers = await self._ask(list(askers))
        except BaseException as error:
            askers.fail(error)
            if not isinstance(error, Exception):
                raise
        else:
            askers.answer(answers)


class _Askers(dict[str, list[tuple["asyncio.Future[V | None]", float]]]):
    """Who waits for one statement, by key, each with the time of the question.

    One timer serves them all: it is set for the one who has waited longest.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, patience: float) -> None:
        super().__init__()
        self._patience = patience
        self._late = loop.call_later(patience, self._give_up, loop)

    def add(self, key: str, loop: asyncio.AbstractEventLoop) -> "asyncio.Future[V | None]":
        answer: asyncio.Future[V | None] = loop.create_future()
        asker = (answer, loop.time())
        if key in self:
            self[key].append(asker)
        else:
            self[key] = [asker]
        return answer

    def answer(self, answers: Mapping[str, V]) -> None:
        self._late.cancel()
        for key, askers in self.items():
            for asker, _ in askers:
                if not asker.done():
                    asker.set_result(answers.get(key))

    def fail(self, error: BaseException) -> None:
        self._late.cancel()
        failure = error if isinstance(error, Exception) else ConnectionAbortedError("the read was cancelled")
        for askers in self.values():
            for asker, _ in askers:
                if not asker.done():
                    asker.set_exception(failure)

    def _give_up(self, loop: asyncio.AbstractEventLoop) -> None:
        waiting = [each for askers in self.values() for each in askers if not each[0].done()]
        late = loop.time() - self._patience + _TICK
        for asker, since in waiting:
            if since <= late:
                asker.set_exception(StorageUnavailable("other questions were not answered in time"))
        rest = [since for _, since in waiting if since > late]
        if rest:
            self._late = loop.call_at(min(rest) + self._patience, self._give_up, loop)
