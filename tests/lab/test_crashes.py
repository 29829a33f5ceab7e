"""SIGKILL at every step of every change: what was promised holds when the service is up again (F1 to F4)."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest

from tests.lab.evidence import broken_links
from tests.lab.exchange import Answer, exchange
from tests.lab.operations import OPERATIONS, Operation
from tests.lab.proxy import Hold, Proxy
from tests.lab.replica import Replica
from tests.lab.wire import Message
from tests.servers.leash import wait_until

STEP = 20  # seconds that an operation may take to reach a point or to end


def crash(replica: Replica, proxy: Proxy, operation: Operation, hold: Callable[[], Hold]) -> bool:
    """Run the operation, kill the replica where it is held, start it again and check; whether there is more to cut.

    The last point of a sweep is in what the service does after its answer: it makes the lists tell of the change.
    """
    operation.prepare()
    request = operation.request()
    proxy.wait_for_quiet()
    held = hold()
    with ThreadPoolExecutor(1) as pool:
        answering = pool.submit(exchange, replica.port, request)
        assert wait_until(lambda: held.reached.is_set() or answering.done(), within=STEP)
        reached = held.reached.is_set()
        if reached:
            replica.kill9()
        answer: Answer = answering.result(STEP)
    proxy.calm()
    replica.start()
    operation.check(answer)
    return reached


def sweep(
    replica: Replica, proxy: Proxy, operation: Operation, of: Callable[[Message], bool], every: int
) -> int:
    """Crash before each *every*th of those messages of the operation; the number of points."""
    points = 0
    while crash(replica, proxy, operation, partial(proxy.hold, 1 + points * every, of=of)):
        points += 1
    return points


@pytest.fixture(params=OPERATIONS)
def operation(request: pytest.FixtureRequest, replica: Replica) -> Operation:
    return OPERATIONS[request.param](replica)


def test_a_crash_before_any_statement_leaves_all_or_nothing(
    replica: Replica, proxy: Proxy, operation: Operation
) -> None:
    """K20: Every third message that lets PostgreSQL act is kept back and its sender killed (F1, F2, F3, F4)."""
    points = sweep(replica, proxy, operation, lambda message: message.acts, every=3)

    assert points >= 5
    assert broken_links(replica) == []


@pytest.mark.parametrize("answer", [False, True], ids=["before", "after"])
def test_a_crash_around_the_commit_leaves_all_or_nothing(
    replica: Replica, proxy: Proxy, operation: Operation, answer: bool
) -> None:
    """The one message that decides: kept back, and carried out without the service ever learning of it (F1, F2,
    F3, F4).
    """

    def hold() -> Hold:
        return proxy.hold(of=lambda message: message.commits, answer=answer)

    assert crash(replica, proxy, operation, hold)


@pytest.mark.nightly
def test_a_crash_before_any_message_leaves_all_or_nothing(
    replica: Replica, proxy: Proxy, operation: Operation
) -> None:
    """Every message of the protocol, whether it changes anything or not."""
    points = sweep(replica, proxy, operation, lambda _: True, every=1)

    assert points >= 40
    assert broken_links(replica) == []
