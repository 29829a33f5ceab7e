"""SIGKILL at each durable step of SQLite, by a debugger that counts system calls: no promise depends on luck (F3, R69).

Linux alone: elsewhere nobody counts a foreign process's system calls.
"""

from collections.abc import Iterator
from contextlib import suppress

import pytest

from tests.lab.evidence import broken_links
from tests.lab.exchange import exchange
from tests.lab.operations import OPERATIONS, Operation
from tests.lab.replica import Replica, running_replica
from tests.servers.leash import Leash
from tests.servers.process import ServerError
from tests.tools.pieces import require


@pytest.fixture(scope="module")
def replica(leash: Leash) -> Iterator[Replica]:
    """A service on SQLite."""
    with running_replica(leash) as replica:
        assert replica.administrator
        assert replica.gateway
        yield replica


@pytest.fixture(params=OPERATIONS)
def operation(request: pytest.FixtureRequest, replica: Replica) -> Operation:
    replica.start()
    return OPERATIONS[request.param](replica)


def traced(replica: Replica, leash: Leash, system_call: str, nth: int) -> Replica:
    """The same service, to be killed on entering its *nth* such call on the database, its log or their folder."""
    folder, strace = replica.deployment.folder, require("strace")
    paths = [folder, folder / "safeconduct.db", folder / "safeconduct.db-wal"]
    words = ["--follow-forks", "--quiet=all", "--signal=none", "--output=/dev/null"]
    words += (
        ["--seccomp-bpf"] if system_call == "fdatasync" else []
    )  # faster; but no SIGKILL for pwrite64 with it
    words += [f"--trace-path={path}" for path in paths]
    words += [f"--trace={system_call}", f"--inject={system_call}:signal=SIGKILL:when={nth}"]
    return Replica(
        replica.deployment,
        port=replica.port,
        leash=leash,
        name="traced",
        before=[strace.path, *words],
        also=strace.environment,
    )


def crash(replica: Replica, leash: Leash, operation: Operation, system_call: str, nth: int) -> bool:
    """Run the operation and check it after a restart; whether the kill came before its answer."""
    operation.prepare()
    request = operation.request()
    replica.kill9()
    doomed = traced(replica, leash, system_call, nth)
    with suppress(ServerError):  # housekeeping may write first, and is cut off then
        doomed.start()
    answer = exchange(replica.port, request)
    doomed.kill9()
    replica.start()
    operation.check(answer)
    assert answer.status in {0, 200, 201}
    return not answer.is_whole


def sweep(replica: Replica, leash: Leash, operation: Operation, system_call: str) -> int:
    """Kill at the first such call, the second and so on until the operation gets by; how often it was killed."""
    points = 0
    while crash(replica, leash, operation, system_call, points + 1):
        points += 1
    return points


def test_a_crash_before_the_disk_has_it_leaves_all_or_nothing(
    replica: Replica, leash: Leash, operation: Operation
) -> None:
    """What was written and not yet forced to the disk was not acknowledged either: there is no answer yet."""
    assert sweep(replica, leash, operation, "fdatasync") >= 1
    assert broken_links(replica) == []


@pytest.mark.nightly
def test_a_crash_before_any_write_leaves_all_or_nothing(
    replica: Replica, leash: Leash, operation: Operation
) -> None:
    """Half a transaction in the log is none."""
    assert sweep(replica, leash, operation, "pwrite64") >= 10
    assert broken_links(replica) == []
