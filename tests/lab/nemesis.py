"""What goes wrong while the others work: one fault after the other, chosen by a seed, each healed again."""

import contextlib
import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Final

from tests.lab.cluster import Cluster
from tests.lab.proxy import Mode
from tests.servers.leash import wait_until

LASTS = (0.1, 0.8)  # seconds
CALM = (0.1, 0.4)  # seconds between a recovery and the next fault
RECOVERS_WITHIN = 5  # seconds after a fault is healed (R59)
STARTS_WITHIN = 15  # seconds, for what was killed, on a busy machine

Fault = Callable[[Cluster, int], AbstractContextManager[None]]


def _edge(mode: Mode) -> Fault:
    @contextlib.contextmanager
    def fault(cluster: Cluster, at: int) -> Iterator[None]:
        cluster.edges[at].enter(mode)
        yield
        cluster.edges[at].calm()

    return fault


@contextlib.contextmanager
def _all_edges_silent(cluster: Cluster, _at: int) -> Iterator[None]:
    for edge in cluster.edges:
        edge.enter(Mode.BLACK_HOLE)
    yield
    for edge in cluster.edges:
        edge.calm()


@contextlib.contextmanager
def _slow(cluster: Cluster, at: int) -> Iterator[None]:
    cluster.edges[at].delay = 0.2
    yield
    cluster.edges[at].calm()


@contextlib.contextmanager
def _severed(cluster: Cluster, at: int) -> Iterator[None]:
    cluster.edges[at].sever()
    yield


@contextlib.contextmanager
def _cut_mid_answer(cluster: Cluster, at: int) -> Iterator[None]:
    cluster.edges[at].cut_after(700)
    yield
    cluster.edges[at].calm()


@contextlib.contextmanager
def _message_held(cluster: Cluster, at: int) -> Iterator[None]:
    held = cluster.edges[at].hold(3)
    yield
    cluster.edges[at].calm()
    held.release()


@contextlib.contextmanager
def _reply_held_then_cut(cluster: Cluster, at: int) -> Iterator[None]:
    held = cluster.edges[at].hold(3, answer=True)
    yield
    cluster.edges[at].calm()
    if held.reached.is_set():
        held.cut()


@contextlib.contextmanager
def _replica_killed(cluster: Cluster, at: int) -> Iterator[None]:
    cluster.replicas[at].kill9()
    yield
    cluster.replicas[at].start()


@contextlib.contextmanager
def _replica_frozen(cluster: Cluster, at: int) -> Iterator[None]:
    cluster.replicas[at].pause()
    yield
    cluster.replicas[at].resume()


@contextlib.contextmanager
def _database_killed(cluster: Cluster, _at: int) -> Iterator[None]:
    cluster.server.kill9()
    yield
    cluster.server.start()


@contextlib.contextmanager
def _database_frozen(cluster: Cluster, _at: int) -> Iterator[None]:
    cluster.server.pause()
    yield
    cluster.server.resume()


FAULTS: Final[dict[str, Fault]] = {
    "edge lost": _edge(Mode.BLACK_HOLE),
    "edge reset": _edge(Mode.RESET),
    "edge half closed": _edge(Mode.HALF_CLOSE),
    "edge slow": _slow,
    "edge severed": _severed,
    "answer cut": _cut_mid_answer,
    "message held": _message_held,
    "reply held, then cut": _reply_held_then_cut,
    "every edge lost": _all_edges_silent,
    "replica killed": _replica_killed,
    "replica frozen": _replica_frozen,
    "database killed": _database_killed,
    "database frozen": _database_frozen,
}


@dataclass
class Nemesis:
    """Breaks and heals until it is told to stop; `windows` are the seconds in which nobody may expect an answer."""

    cluster: Cluster
    seed: int
    windows: list[tuple[float, float]] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def run(self, done: threading.Event) -> None:
        """Each fault at most once, in an order of the seed's, until *done*.

        Raises:
            AssertionError: the replicas were not ready in time after a fault.
        """
        chance = random.Random(self.seed)
        for name in chance.sample(sorted(FAULTS), len(FAULTS)):
            if done.wait(chance.uniform(*CALM)):
                return
            began, at = time.monotonic(), chance.randrange(len(self.cluster.replicas))
            self.faults.append(f"{name} at {at}")
            with FAULTS[name](self.cluster, at):
                done.wait(chance.uniform(*LASTS))
            limit = STARTS_WITHIN if "killed" in name else RECOVERS_WITHIN
            recovered = wait_until(lambda: self.cluster.are_ready, within=limit)
            self.windows.append((began, time.monotonic()))
            assert recovered, f"not ready {limit} s after: {self.faults[-1]}"

    def is_calm(self, began: float, ended: float) -> bool:
        """Whether no fault touched that time."""
        return all(ended < start or end < began for start, end in self.windows)
