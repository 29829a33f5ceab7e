"""The issuer's Redis as a source: changes at once; what is flushed, cut, old or another issuer's is no answer."""

import hashlib
import json
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
import redis
from safeconduct.sources.redis import RedisLists, _Nothing
from safeconduct.status_list import StatusList

from tests.sdk.issuer import LIST, TestIssuer
from tests.sdk.test_staleness import outcome
from tests.servers.leash import wait_until

PATIENCE = 20  # seconds


class Published:
    """What a service writes, as docs/redis.md says."""

    def __init__(self, url: str, issuer: TestIssuer) -> None:
        self.client = redis.Redis.from_url(url)
        self.issuer = issuer
        self.prefix = f"safeconduct:{{{hashlib.sha256(issuer.url.encode()).hexdigest()[:16]}}}:"
        self.statuses = StatusList.fresh()
        self.version = 1
        self.write()

    def write(self, **meta: Any) -> None:
        known = {
            "issuer": self.issuer.url,
            "epoch": 1,
            "version": self.version,
            "as_of": int(self.issuer.time.wall),
        }
        pipeline = self.client.pipeline(transaction=True)
        pipeline.hset(f"{self.prefix}meta", mapping=known | meta)
        pipeline.set(f"{self.prefix}list:1", self.statuses.packed)
        pipeline.execute()

    def change(self, *entries: tuple[int, int], told: bool = True) -> None:
        """One revision; `told` in the stream."""
        self.statuses = self.statuses.changed(entries)
        before, self.version = self.version, self.version + 1
        document = {
            "epoch": 1,
            "revision": self.version,
            "previous": before,
            "at": 0,
            "lists": {"1": entries},
        }
        if told:
            self.client.xadd(
                f"{self.prefix}changes", {"change": json.dumps(document)}, id=f"1-{self.version}"
            )
        self.write()


@pytest.fixture
def published(redis_url: str, issuer: TestIssuer):
    made = Published(redis_url, issuer)
    yield made
    made.client.close()


@pytest.fixture
def verifier(redis_url: str, published: Published, new_verifier) -> Any:
    """It holds the list, and Redis has confirmed it."""
    verifier = new_verifier(revocation=RedisLists(redis_url))
    assert outcome(verifier, published.issuer.token()) == "accepted"
    assert wait_until(lambda: verifier.verifier._core.source._position == (1, 1), within=PATIENCE)
    assert wait_until(current(verifier, 1), within=PATIENCE)
    return verifier


def current(verifier: Any, version: int) -> Callable[[], bool]:
    source = verifier.verifier._core.source
    return lambda: all(held.version == (1, version) and source.is_current(held) for held in source.held())


def test_a_change_is_heeded_without_any_fetch(issuer: TestIssuer, published: Published, verifier) -> None:
    """Revoked and paused by one entry of the stream; the signed list is not fetched again."""
    published.change((4711, 1), (99, 2))

    assert wait_until(lambda: outcome(verifier, issuer.token()) == "token_revoked", within=PATIENCE)
    assert outcome(verifier, issuer.token(idx=99)) == "token_paused"
    assert issuer.visits[LIST] == 1


@pytest.mark.parametrize("fields", [{"other": "x"}, {"change": "[" * 100_000}, {"change": '{"epoch":1e400}'}])
def test_what_somebody_else_writes_into_the_stream_is_a_gap(
    issuer: TestIssuer, published: Published, verifier, fields
) -> None:
    """No change, and no reason to stop following (R7, R43)."""
    published.client.xadd(f"{published.prefix}changes", fields, id=f"1-{published.version + 1}")
    published.version += 1
    published.change((4711, 1))

    assert wait_until(lambda: outcome(verifier, issuer.token()) == "token_revoked", within=PATIENCE)
    assert issuer.visits[LIST] == 1


def test_after_a_gap_the_list_is_read_whole(issuer: TestIssuer, published: Published, verifier) -> None:
    """The stream lacks an entry (trimmed, flushed): the whole list is read before it is trusted again (R43)."""
    published.change((4711, 1), told=False)

    assert wait_until(lambda: outcome(verifier, issuer.token()) == "token_revoked", within=PATIENCE)
    published.change((99, 1), told=False)
    published.change((98, 1))

    assert wait_until(lambda: outcome(verifier, issuer.token(idx=99)) == "token_revoked", within=PATIENCE)
    assert issuer.visits[LIST] == 1


@pytest.mark.parametrize(
    "spoil",
    [
        lambda published: published.client.flushall(),
        lambda published: published.client.delete(f"{published.prefix}meta"),
        lambda published: published.write(issuer="https://elsewhere.example"),
        lambda published: published.write(version=0),
        lambda published: published.write(as_of=0),
        lambda published: published.client.shutdown(nosave=True),
    ],
    ids=["flushed", "no meta", "another issuer's", "promoted with old data", "nobody refreshes it", "down"],
)
def test_what_is_no_answer_leaves_the_signed_lists(
    issuer: TestIssuer, published: Published, verifier, spoil
) -> None:
    """Redis is never the reason to accept: once it is silent, lists are fetched as without it (R6)."""
    spoil(published)
    issuer.set_status(4711, 1)
    for _ in range(13):  # as long as whatever lies there is written again and again
        issuer.time.advance(5)
        with suppress(redis.ConnectionError):
            spoil(published)
        outcome(verifier, issuer.token(idx=9))

    assert wait_until(lambda: outcome(verifier, issuer.token()) == "token_revoked", within=PATIENCE)
    assert outcome(verifier, issuer.token(idx=9)) == "accepted"


@pytest.mark.parametrize("packed", [b"", b"\x55", bytes(32_768), b"\x55" + bytes(20_000)])
def test_a_list_that_is_not_whole_is_never_read(
    issuer: TestIssuer, published: Published, verifier, packed
) -> None:
    """Cut, empty or unguarded: the revocation that was seen before stays (threats 5)."""
    published.change((4711, 1))
    assert wait_until(lambda: outcome(verifier, issuer.token()) == "token_revoked", within=PATIENCE)

    published.client.set(f"{published.prefix}list:1", packed)
    published.client.delete(f"{published.prefix}changes")
    published.client.hset(f"{published.prefix}meta", "version", 9)
    issuer.set_status(4711, 1)
    issuer.set_status(98, 1)
    issuer.time.advance(61)

    assert wait_until(lambda: outcome(verifier, issuer.token(idx=98)) == "token_revoked", within=PATIENCE)
    assert outcome(verifier, issuer.token()) == "token_revoked"


@pytest.mark.parametrize(
    "fields",
    [
        [b"https://elsewhere.example", b"1", b"9", b"0"],
        [None, b"1", b"9", b"0"],
        [b"ISSUER", None, b"9", b"0"],
        [b"ISSUER", b"1", None, b"0"],
        [b"ISSUER", b"1", b"9", None],
        [b"ISSUER", b"1", b"0", b"0"],
        [b"ISSUER", b"0", b"99", b"0"],
        [b"ISSUER", b"one", b"9", b"0"],
    ],
)
def test_meta_of_somebody_else_incomplete_or_older_is_no_answer(
    issuer: TestIssuer, published, verifier, fields
) -> None:
    """Another issuer's, a member missing, a position below the greatest seen (rules 1 and 2 of docs/redis.md)."""
    source = verifier.verifier._core.source
    own = [issuer.url.encode() if field == b"ISSUER" else field for field in fields]

    with pytest.raises((_Nothing, ValueError)):
        source._meta(own)
    assert source._meta([issuer.url.encode(), b"1", b"9", b"7"]) == ((1, 9), 7)
