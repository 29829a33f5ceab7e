"""Three replicas, clients of all of them, and one thing after the other that breaks (promises R1, R2, R17, R29)."""

import asyncio
import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path

import pytest

from tests.lab.cluster import Cluster, running_cluster
from tests.lab.load import Load
from tests.lab.nemesis import Nemesis
from tests.lab.register import NEVER, is_linearizable
from tests.servers.leash import Leash, wait_until
from tests.servers.postgresql import PostgresServer

KEPT = Path(__file__).resolve().parents[2] / ".lab"
"""Where the histories of failed seeds lie; their seeds are tried first in the next run."""
MUTANT = {"PYTHONPATH": str(Path(__file__).with_name("one_second_cache"))}
AVAILABLE = 0.99  # of the calls that no fault touched


def seeds(number: int) -> list[int]:
    failed = sorted(int(path.stem) for path in KEPT.glob("*.json"))
    return [*failed, *(seed for seed in range(1, number + 1) if seed not in failed)]


@pytest.fixture(scope="module")
def cluster(leash: Leash, lab_server: PostgresServer) -> Iterator[Cluster]:
    with running_cluster(leash, lab_server) as cluster:
        yield cluster


def broken(load: Load) -> list[dict[str, object]]:
    """The tokens whose histories nothing explains."""
    return [asdict(token) for token in load.tokens if not is_linearizable(token.history)]


def storm(load: Load, nemesis: Nemesis) -> None:
    """The load from its first call to its last, and faults as long as it lasts."""
    done = threading.Event()
    with ThreadPoolExecutor(1) as pool:
        breaking = pool.submit(nemesis.run, done)
        try:
            asyncio.run(load.run())
        finally:
            done.set()
        breaking.result()


def judge(load: Load, nemesis: Nemesis) -> None:
    """Everything that is promised of this history, and of what is left when it is over."""
    assert broken(load) == []
    calm = [call for call in load.calls if nemesis.is_calm(call.began, call.ended)]
    failures = [call.failure for call in calm if call.failure]
    assert len(failures) <= (1 - AVAILABLE) * len(calm), (nemesis.faults, failures)
    assert wait_until(lambda: load.cluster.are_ready, within=5)
    for token in load.tokens:
        ended = any(event.kind == "revoke" and event.returned < NEVER for event in token.history)
        tried = any(event.kind == "revoke" for event in token.history)
        lives = load.gateway.is_active(token.value)
        assert lives is False if ended else (tried or lives)


def run_seed(cluster: Cluster, seed: int, operations: int) -> None:
    load, nemesis = Load(cluster, seed, operations), Nemesis(cluster, seed)
    load.prepare()
    kept = KEPT / f"{seed}.json"
    try:
        storm(load, nemesis)
        judge(load, nemesis)
    except BaseException:
        KEPT.mkdir(exist_ok=True)
        kept.write_text(
            json.dumps({"seed": seed, "faults": nemesis.faults, "broken": broken(load)}, indent=1)
        )
        raise
    kept.unlink(missing_ok=True)


@pytest.mark.parametrize("seed", seeds(5))
def test_every_answer_about_a_token_fits_one_order(cluster: Cluster, seed: int) -> None:
    """R1, R2, R17, R59, F22, L36: revoke, disable a user and compromise a key are final at all replicas once
    acknowledged, whatever breaks meanwhile, and calls that nothing touched succeed.
    """
    run_seed(cluster, seed, 2_000)


@pytest.mark.nightly
@pytest.mark.parametrize("seed", [seed for seed in seeds(50) if seed > 5])
def test_every_answer_about_a_token_fits_one_order_campaign(cluster: Cluster, seed: int) -> None:
    """R1, R2, R17, R59, fifty seeds."""
    run_seed(cluster, seed, 2_000)


def test_a_verdict_that_is_believed_for_a_second_is_caught(leash: Leash, lab_server: PostgresServer) -> None:
    """R1: the lab can tell: a build that remembers what the database said fails it."""
    with running_cluster(leash, lab_server, size=2, also=MUTANT) as cluster:
        load = Load(cluster, 1, 1_000)
        load.prepare()
        asyncio.run(load.run())

    assert broken(load)
