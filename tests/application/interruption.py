"""Ending a task at each point where it waits: what a crash or a disconnect can leave behind."""

import asyncio
import types
from collections.abc import Awaitable, Callable, Coroutine, Generator, Iterator
from contextlib import contextmanager
from typing import Any


@types.coroutine
def cancelled_at(work: Coroutine[Any, Any, Any], point: int) -> Generator[Any, Any, Any]:
    """Run `work` and cancel the task that runs it where it waits for the `point`-th time, counted from 0."""
    reached, step = 0, lambda: work.send(None)
    while True:
        try:
            waiting_for = step()
        except StopIteration as done:
            return done.value
        if reached == point:
            asyncio.current_task().cancel()
        reached += 1
        try:
            sent = yield waiting_for
        except BaseException as error:  # noqa: BLE001 - handed on as it is
            step = _throw(work, error)
        else:
            step = _send(work, sent)


def _throw(work: Coroutine[Any, Any, Any], error: BaseException) -> Callable[[], Any]:
    return lambda: work.throw(error)


def _send(work: Coroutine[Any, Any, Any], value: object) -> Callable[[], Any]:
    return lambda: work.send(value)


@types.coroutine
def counted(work: Coroutine[Any, Any, Any], counts: list[int]) -> Generator[Any, Any, Any]:
    """Run `work` and append how often it waited."""
    waits, step = 0, lambda: work.send(None)
    while True:
        try:
            waiting_for = step()
        except StopIteration as done:
            counts.append(waits)
            return done.value
        waits += 1
        try:
            sent = yield waiting_for
        except BaseException as error:  # noqa: BLE001 - handed on as it is
            step = _throw(work, error)
        else:
            step = _send(work, sent)


async def is_cut(work: Coroutine[Any, Any, Any], point: int) -> bool:
    """Run `work` in a task that is cancelled at one of its waits; False if it was done before it waited there."""
    task = asyncio.create_task(_as_coroutine(cancelled_at(work, point)))
    try:
        await task
    except asyncio.CancelledError:
        return True
    return False


async def suspensions(name: str, act: Callable[[], Awaitable[Any]]) -> int:
    """How often the task of that name, which `act` starts, waits."""
    counts: list[int] = []
    with _wrapping(name, lambda work: _as_coroutine(counted(work, counts))):
        await act()
        await asyncio.sleep(0)
    return max(counts)


@contextmanager
def interrupting(name: str, *, at: int) -> Iterator[None]:
    """Within the block, cancel every new task of that name at one of its waits."""
    with _wrapping(name, lambda work: _as_coroutine(cancelled_at(work, at))):
        yield


async def _as_coroutine(steps: Awaitable[Any]) -> Any:
    return await steps


@contextmanager
def _wrapping(
    name: str, wrap: Callable[[Coroutine[Any, Any, Any]], Coroutine[Any, Any, Any]]
) -> Iterator[None]:
    loop = asyncio.get_running_loop()

    def factory(loop: asyncio.AbstractEventLoop, work: Any, **options: Any) -> asyncio.Task[Any]:
        named = getattr(work, "__qualname__", "") == name
        return asyncio.Task(wrap(work) if named else work, loop=loop, **options)

    loop.set_task_factory(factory)
    try:
        yield
    finally:
        loop.set_task_factory(None)
