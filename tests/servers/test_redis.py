import pytest

from tests.servers.redis import RedisServer


@pytest.mark.parametrize("turn", ["first", "second"])
def test_every_test_meets_an_empty_redis(redis_server: RedisServer, redis_url: str, turn: str) -> None:
    """Keys and changed settings of one test are gone in the next one: both turns do the same."""
    assert redis_server.ask("DBSIZE") == "0"
    assert redis_server.ask("SET", "remains", turn) == "OK"
    assert redis_server.ask("CONFIG", "SET", "maxmemory", "1mb", "maxmemory-policy", "allkeys-lru") == "OK"


def test_a_full_redis_refuses_to_write_and_forgets_nothing(redis_server: RedisServer, redis_url: str) -> None:
    """noeviction: a published list is never dropped to make room for another key."""
    redis_server.ask("SET", "list", "x" * 32_768)
    redis_server.ask("CONFIG", "SET", "maxmemory", "1")

    with pytest.raises(RuntimeError, match="OOM"):
        redis_server.ask("SET", "more", "y")

    assert redis_server.ask("EXISTS", "list") == "1"


def test_a_killed_redis_comes_back_empty_on_the_same_port(own_redis: RedisServer) -> None:
    """Nothing is kept on disk: a restart is the loss of every key."""
    before = own_redis.url
    own_redis.ask("SET", "list", "x")

    own_redis.kill9()
    with pytest.raises(ConnectionRefusedError):
        own_redis.ask("PING")
    own_redis.start()

    assert own_redis.url == before
    assert own_redis.ask("DBSIZE") == "0"


def test_a_paused_redis_is_silent_and_forgets_nothing(own_redis: RedisServer) -> None:
    """A frozen server accepts connections and answers nothing on them, until it goes on."""
    own_redis.ask("SET", "list", "x")

    own_redis.pause()
    with pytest.raises(TimeoutError):
        own_redis.ask("PING", within=0.3)
    own_redis.resume()

    assert own_redis.ask("EXISTS", "list") == "1"
