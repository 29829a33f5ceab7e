"""docs/redis.md is the contract with readers in any language: its readers, run as the page shows them."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from safeconduct.status_list import LIST_BYTES, StatusList

from tests.publish.redis_page import PAGE, PATIENCE, READERS, Reader, prefix
from tests.servers.redis import RedisServer

ISSUER = "https://tokens.example/tenant"
LIST_ID = "5f0c" * 8
URI = f"{ISSUER}/status-lists/{LIST_ID}"
META, LIST = f"{prefix(ISSUER)}meta", f"{prefix(ISSUER)}list:{LIST_ID}"
STATUSES = {4: 0, 5: 1, 6: 2, 7: 3, 70_001: 1, 70_002: 0, 131_067: 1, 131_066: 0}
VALID, REVOKED = 70_002, 70_001


def publish(client: redis.Redis, *, age: int = 0, **members: object) -> None:
    """A whole list and its meta, as the page describes them."""
    meta = {"issuer": ISSUER, "epoch": 2, "version": 1_000, "as_of": int(time.time()) - age} | members
    client.hset(META, mapping=meta)
    client.set(LIST, StatusList.fresh().changed(STATUSES.items()).packed)


@pytest.fixture
def client(redis_url: str) -> Iterator[redis.Redis]:
    with redis.Redis.from_url(redis_url) as client:
        publish(client)
        yield client


@pytest.fixture(params=READERS)
def reader(
    request: pytest.FixtureRequest, client: redis.Redis, redis_url: str, node: Path, tmp_path: Path
) -> Iterator[Reader]:
    with READERS[request.param](redis_url, ISSUER, tmp_path, node=node) as read:
        yield read


def test_a_reader_tells_each_status_at_its_place(reader: Reader) -> None:
    """Anything but 0 refuses (threats 42), at the first and last index that a token can have too; the guards refuse."""
    said = {idx: reader(URI, idx) for idx in [*STATUSES, 0, 131_071]}

    assert said == {idx: "refuse" if status else "valid" for idx, status in STATUSES.items()} | {
        0: "refuse",
        131_071: "refuse",
    }


@pytest.mark.parametrize(
    "members",
    [
        {"issuer": "https://other.example"},
        {"issuer": ""},
        {"epoch": 1, "version": 5_000},
        {"version": 999},
        {"version": "nonsense"},
        {"age": 3_600},
        {"age": -3_600},
        {"as_of": ""},
    ],
    ids=str,
)
def test_a_reader_believes_no_meta_that_is_foreign_or_old(
    reader: Reader, client: redis.Redis, members: dict[str, object]
) -> None:
    """Another issuer's, an older state than was seen (F17), or one whose age nobody vouches for (threats 4)."""
    before = reader(URI, VALID)

    publish(client, **members)

    assert before == "valid"
    assert reader(URI, VALID) == "unknown"


def test_a_newer_epoch_begins_its_versions_anew(reader: Reader, client: redis.Redis) -> None:
    """After a recovered database: (epoch, version) is compared as a pair."""
    before = reader(URI, VALID)

    publish(client, epoch=3, version=1)

    assert (before, reader(URI, VALID), reader(URI, REVOKED)) == ("valid", "valid", "refuse")


@pytest.mark.parametrize("length", [0, *(2**n for n in range(15)), LIST_BYTES - 1])
def test_a_cut_list_is_unknown(reader: Reader, client: redis.Redis, length: int) -> None:
    """Threats 5, T3: cut at every power of two, no index reads as valid."""
    client.set(LIST, client.get(LIST)[:length])

    assert {reader(URI, idx) for idx in (4, VALID, 131_066)} == {"unknown"}


def test_lost_data_is_unknown(reader: Reader, client: redis.Redis) -> None:
    """R6: a deleted list, one that a bit was written into after that, lost meta, a flushed Redis, another type
    (F16, F20).
    """
    said = []
    client.delete(LIST)
    said.append(reader(URI, VALID))
    client.execute_command("BITFIELD", LIST, "SET", "u2", 8 * (REVOKED // 4) + 6 - 2 * (REVOKED % 4), 1)
    said += [reader(URI, VALID), reader(URI, REVOKED)]
    publish(client)
    client.delete(META)
    said.append(reader(URI, VALID))
    client.flushall()
    said.append(reader(URI, VALID))
    publish(client)
    client.delete(LIST)
    client.lpush(LIST, "x")
    said.append(reader(URI, VALID))
    client.delete(LIST)
    publish(client)

    assert said == ["unknown"] * 6
    assert reader(URI, VALID) == "valid"


def test_a_silent_redis_is_unknown(reader: Reader, client: redis.Redis, redis_server: RedisServer) -> None:
    """A frozen server does not hold up who asks it, and is no yes."""
    before = reader(URI, VALID)
    redis_server.pause()
    began = time.monotonic()

    silent = reader(URI, VALID)

    waited = time.monotonic() - began
    redis_server.resume()
    assert (before, silent) == ("valid", "unknown")
    assert waited < PATIENCE


def test_the_right_to_read_suffices(redis_url: str, client: redis.Redis, node: Path, tmp_path: Path) -> None:
    """The ACL user of the page reads what a reader needs, of this service alone, and writes nothing (threats 34)."""
    [line] = [line for line in PAGE.read_text().splitlines() if line.startswith("ACL SETUSER")]
    client.execute_command(*line.split())
    client.set("other", "secret")
    as_reader = redis_url.replace("redis://", "redis://safeconduct-reader:a-long-secret@")

    said = []
    for language in ("python", "lua"):
        with READERS[language](as_reader, ISSUER, tmp_path) as read:
            said += [read(URI, VALID), read(URI, REVOKED)]

    assert said == ["valid", "refuse"] * 2
    with redis.Redis.from_url(as_reader) as restricted:
        assert len(restricted.get(LIST)) == LIST_BYTES
        assert restricted.xread({f"{prefix(ISSUER)}changes": "0-0"}) in ([], {})
        for forbidden in (
            ("SET", LIST, "x"),
            ("DEL", META),
            ("GET", "other"),
            ("EVAL", "return 1", 0),
            ("KEYS", "*"),
        ):
            with pytest.raises(redis.exceptions.NoPermissionError):
                restricted.execute_command(*forbidden)
    client.execute_command("ACL", "DELUSER", "safeconduct-reader")
