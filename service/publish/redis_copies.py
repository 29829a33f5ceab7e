"""The last signed token of each list in Redis, for a machine whose own folder is new. Believed only as ours."""

from collections.abc import Mapping
from typing import Any, Final

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from service.publish.redis import key_prefix

_PATIENCE: Final = 2.0


class RedisCopies:
    """`FarCopies` in one hash: a field a list."""

    def __init__(self, url: str, issuer: str) -> None:
        self._redis: Any = Redis.from_url(
            url, socket_timeout=_PATIENCE, socket_connect_timeout=_PATIENCE, retry=Retry(NoBackoff(), 0)
        )
        self._key = f"{key_prefix(issuer)}signed"

    def lists(self) -> Mapping[str, str]:
        try:
            found = self._redis.hgetall(self._key)
        except RedisError as error:
            raise OSError(str(error)) from error
        return {
            name.decode("ascii", "replace"): token.decode("ascii", "replace") for name, token in found.items()
        }

    def keep(self, lists: Mapping[str, str]) -> None:
        try:
            self._redis.hset(self._key, mapping=dict(lists))
        except RedisError as error:
            raise OSError(str(error)) from error
