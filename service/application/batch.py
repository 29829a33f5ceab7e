"""Many concurrent questions, one statement."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final, Generic, TypeVar

from service.domain.errors import StorageUnavailable

V = TypeVar("V")

PATIENCE: Final = 2.75
"""Seconds for which a question waits: for a statement that is stuck, and for its own after that (R57)."""


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
        self, ask: Callable[[Sequence[str]], Awaitable[Mapping[str, V]]], *, size: int = 32, at_once: int = 2
    ) -> None:
        self._ask = ask
        self._size = size
        self._at_once = at_once
        self._waiting: dict[str, list[asyncio.Future[V | None]]] = {}
        self._running: set[asyncio.Task[None] | None] = set()

    async def get(self, key: str) -> V | None:
        """What a statement begun after this call says of `key`; None when it says nothing.

        Raises: whatever the statement raised, or StorageUnavailable after PATIENCE seconds.
        """
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[V | None] = loop.create_future()
        self._waiting.setdefault(key, []).append(answer)
        if not self._running or (len(self._running) < self._at_once and len(self._waiting) >= self._size):
            self._running.add(asyncio.create_task(self._run()))
        late = loop.call_later(PATIENCE, _give_up, answer)
        try:
            return await answer
        finally:
            late.cancel()

    async def _run(self) -> None:
        try:
            while self._waiting:
                await asyncio.sleep(0)
                if batch := self._detach():
                    await self._settle(batch)
        finally:  # at once: a question of this very moment must not count on a runner that has ended
            self._running.difference_update({asyncio.current_task()})

    async def _settle(self, batch: Mapping[str, Sequence[asyncio.Future[V | None]]]) -> None:
        try:
            answers = await self._ask(list(batch))
        except BaseException as error:
            _fail(batch, error)
            if not isinstance(error, Exception):
                raise
        else:
            _answer(batch, answers)

    def _detach(self) -> dict[str, list[asyncio.Future[V | None]]]:
        if len(self._waiting) <= self._size:
            batch, self._waiting = self._waiting, {}
            return batch
        keys = list(self._waiting)[: self._size]
        return {key: self._waiting.pop(key) for key in keys}


def _give_up(asker: "asyncio.Future[V | None]") -> None:
    if not asker.done():
        asker.set_exception(StorageUnavailable("other questions were not answered in time"))


def _answer(batch: Mapping[str, Sequence[asyncio.Future[V | None]]], answers: Mapping[str, V]) -> None:
    for key, askers in batch.items():
        for asker in askers:
            if not asker.done():
                asker.set_result(answers.get(key))


def _fail(batch: Mapping[str, Sequence[asyncio.Future[V | None]]], error: BaseException) -> None:
    failure = error if isinstance(error, Exception) else ConnectionAbortedError("the read was cancelled")
    for askers in batch.values():
        for asker in askers:
            if not asker.done():
                asker.set_exception(failure)
