"""Readers of the event stream that do not read."""

import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.lab.evidence import change, claims
from tests.lab.exchange import request_bytes
from tests.lab.replica import Replica, running_replica
from tests.lab.stream import following
from tests.servers.leash import Leash, wait_until

STALLED = 150  # readers
ROUNDS = 30
REVISIONS = 10  # in each round
ENTRIES = 1_000  # in each revision: 8 kB of text
MOST = 100  # MB, of which unread events alone would be 400
PATIENCE = 60  # seconds

BULK = """
WITH RECURSIVE revision(n) AS (SELECT {first} UNION ALL SELECT n + 1 FROM revision WHERE n < {last}),
               entry(i) AS (SELECT 4 UNION ALL SELECT i + 1 FROM entry WHERE i < {entries} + 3)
INSERT INTO status_change (revision, list_id, idx, status, jti, changed_at)
SELECT n, '{list_id}', i, 1, 'x', 0 FROM revision, entry
"""


@pytest.fixture
def replica(leash: Leash) -> Iterator[Replica]:
    with running_replica(leash, REVOCATION_STREAMS_PER_ADDRESS="400") as replica:
        assert replica.administrator
        yield replica


def memory(replica: Replica) -> int:
    """What the process occupies, in MB."""
    told = subprocess.run(
        ["ps", "-o", "rss=", "-p", str(replica.pid)], check=True, capture_output=True, text=True
    )
    return int(told.stdout) // 1_024


def stalled(replica: Replica, stack: ExitStack) -> socket.socket:
    """A reader that asks, and reads no more than the head of the answer."""
    reader = stack.enter_context(socket.socket())
    reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
    reader.settimeout(PATIENCE)
    reader.connect(("127.0.0.1", replica.port))
    reader.sendall(request_bytes("GET", "/v1/revocations"))
    assert reader.recv(12) == b"HTTP/1.1 200"
    return reader


def test_readers_that_do_not_read_hold_no_memory(replica: Replica) -> None:
    """Threats 20: a hundred and fifty of them, while three megabytes go by; who reads gets everything meanwhile."""
    token = replica.administrator.create()["token"]
    list_id = claims(token)["status"]["status_list"]["uri"].rpartition("/")[2]
    with ExitStack() as stack, following(replica.port) as [reader]:
        assert wait_until(lambda: bool(reader.events), within=PATIENCE)
        for _ in range(STALLED):
            stalled(replica, stack)
        before = memory(replica)
        for number in range(ROUNDS):
            first, last = number * REVISIONS + 1, (number + 1) * REVISIONS
            change(replica, BULK.format(first=first, last=last, entries=ENTRIES, list_id=list_id))
            change(replica, f"UPDATE head SET value = {last} WHERE name = 'revision'")
            assert wait_until(lambda last=last: _has(reader.events, last), within=PATIENCE)
        grown = memory(replica) - before
        fast = [replica.call("GET", "/livez").seconds for _ in range(10)]

    assert grown < MOST
    assert max(fast) < 3
    assert [event.data["revision"] for event in reader.changes] == [*range(1, ROUNDS * REVISIONS + 1)]
    assert sum(len(event.data["lists"][list_id]) for event in reader.changes) == ROUNDS * REVISIONS * ENTRIES
    assert _ends(replica)


def _has(events: list, revision: int) -> bool:
    return events[-1].data["revision"] >= revision


def _ends(replica: Replica) -> bool:
    """R64: a process with such readers still stops in order."""
    began = time.monotonic()
    replica.stop()
    return time.monotonic() - began < PATIENCE
