"""T1 of the batch rule: no answer from before the question, whatever joins, fails or is cancelled."""

import asyncio
from collections.abc import Mapping, Sequence

import pytest

from service.application.batch import Batch
from service.domain.errors import StorageUnavailable


class Register:
    """A truth that can be changed, and a statement over it that can be held at two points."""

    def __init__(self) -> None:
        self.revoked = False
        self.asked: list[list[str]] = []
        self.before_read = asyncio.Event()
        self.after_read = asyncio.Event()
        self.before_read.set()
        self.after_read.set()
        self.reading = asyncio.Event()

    async def __call__(self, keys: Sequence[str]) -> Mapping[str, bool]:
        self.asked.append(list(keys))
        await self.before_read.wait()
        seen = self.revoked
        self.reading.set()
        await self.after_read.wait()
        return dict.fromkeys(keys, not seen)


async def settle() -> None:
    """Let every task run until it waits."""
    for _ in range(10):
        await asyncio.sleep(0)


async def test_questions_of_one_moment_share_a_statement() -> None:
    """Thirty-two askers cost one round trip."""
    register = Register()
    batch = Batch(register)

    answers = await asyncio.gather(*(batch.get(f"k{n}") for n in range(32)))

    assert answers == [True] * 32
    assert len(register.asked) == 1


async def test_nothing_joins_a_running_statement() -> None:
    """A question asked after a revocation was acknowledged never hears of the time before it."""
    register = Register()
    batch = Batch(register)
    register.after_read.clear()
    early = asyncio.create_task(batch.get("k"))
    await register.reading.wait()
    register.revoked = True

    late = asyncio.create_task(batch.get("k"))
    await settle()
    register.after_read.set()

    assert await early is True
    assert await late is False


async def test_a_question_waits_its_turn_without_growing_stale() -> None:
    """While every runner is busy, questions queue; their statement begins after them all."""
    register = Register()
    batch = Batch(register, at_once=1)
    register.after_read.clear()
    first = asyncio.create_task(batch.get("a"))
    await register.reading.wait()
    queued = [asyncio.create_task(batch.get("b")) for _ in range(5)]
    await settle()
    register.revoked = True

    register.after_read.set()

    assert await first is True
    assert await asyncio.gather(*queued) == [False] * 5


async def test_a_cancelled_asker_takes_nobody_along() -> None:
    """A client that disconnects cancels its wait, not the statement that others share."""
    register = Register()
    batch = Batch(register)
    register.after_read.clear()
    leader = asyncio.create_task(batch.get("k"))
    follower = asyncio.create_task(batch.get("k"))
    await register.reading.wait()

    leader.cancel()
    await settle()
    register.after_read.set()

    assert await follower is True
    with pytest.raises(asyncio.CancelledError):
        await leader


async def test_a_failure_reaches_its_own_batch_alone() -> None:
    """The next statement is asked as if nothing had happened."""
    failing = True

    async def ask(keys: Sequence[str]) -> Mapping[str, int]:
        if failing:
            raise ConnectionError("gone")
        return dict.fromkeys(keys, 1)

    batch = Batch(ask)
    with pytest.raises(ConnectionError):
        await batch.get("a")

    failing = False

    assert await batch.get("b") == 1


async def test_a_batch_holds_no_more_than_its_size() -> None:
    """A statement has 32 parameters; the rest follow in the next ones, each answered by its key."""

    async def ask(keys: Sequence[str]) -> Mapping[str, str]:
        assert len(keys) <= 32
        return {key: f"about {key}" for key in reversed(keys)}

    batch = Batch(ask)

    answers = await asyncio.gather(*(batch.get(f"k{n}") for n in range(100)))

    assert answers == [f"about k{n}" for n in range(100)]


async def test_a_second_statement_waits_for_a_full_batch() -> None:
    """Few questions during a statement share the next one; a whole batch of them need not wait for it."""
    register = Register()
    batch = Batch(register, size=4, at_once=2)
    register.after_read.clear()
    first = asyncio.create_task(batch.get("a"))
    await register.reading.wait()

    few = [asyncio.create_task(batch.get(f"b{n}")) for n in range(3)]
    await settle()
    assert len(register.asked) == 1
    more = asyncio.create_task(batch.get("b3"))
    await settle()
    assert len(register.asked) == 2

    register.after_read.set()
    assert await asyncio.gather(first, *few, more) == [True] * 5


async def test_a_question_at_the_end_of_a_statement_is_asked() -> None:
    """Whoever was just answered may ask again at once, and is heard."""
    batch = Batch(Register())

    answers = [await asyncio.wait_for(batch.get("k"), 5) for _ in range(50)]

    assert answers == [True] * 50


async def test_each_question_waits_as_long_as_it_may_and_no_longer() -> None:
    """One timer serves all who wait for a statement; whoever came later still has time (R57)."""
    register = Register()
    register.before_read.clear()
    batch, now = Batch(register, at_once=1, patience=0.4), asyncio.get_running_loop().time
    waited: list[float] = []

    async def ask(key: str) -> None:
        began = now()
        with pytest.raises(StorageUnavailable):
            await batch.get(key)
        waited.append(now() - began)

    asking = [asyncio.create_task(ask("stuck"))]
    await settle()
    asking.append(asyncio.create_task(ask("k")))
    await asyncio.wait(asking, timeout=0.2)
    asking.append(asyncio.create_task(ask("k")))
    await asyncio.wait_for(asyncio.gather(*asking), 10)

    assert min(waited) >= 0.39
    register.before_read.set()
    assert await batch.get("k") is True
