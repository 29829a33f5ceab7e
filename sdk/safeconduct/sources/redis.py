"""The issuer's Redis (docs/redis.md): its stream of changes is followed, and its lists are read whole after a gap."""

import hashlib
import threading
from collections.abc import Iterator
from typing import Any, Final

import redis

from safeconduct.effective_time import Moment
from safeconduct.errors import InvalidStatusList
from safeconduct.issuer import Issuer
from safeconduct.profiles import in_words
from safeconduct.source import Question
from safeconduct.sources.lists import LISTS_BYTES
from safeconduct.sources.pushed_lists import FEED_STALENESS, Position, PushedLists, read_change
from safeconduct.status_list import StatusList
from safeconduct.strict_json import read_object
from safeconduct.want import Want

TIMEOUT: Final = 5.0
"""Seconds for one answer of Redis, which nobody waits for: verdicts never ask it."""

_BLOCK = 1000  # milliseconds for which a read of the stream waits for news
_PAUSE = 1.0


class _Nothing(Exception):
    """What lies there is no answer."""


class RedisLists(PushedLists):
    """Signed lists, kept current by the issuer's Redis in a thread of its own. It only reads there."""

    def __init__(self, url: str, *, max_bytes: int = LISTS_BYTES) -> None:
        super().__init__(max_bytes=max_bytes)
        self._redis = redis.Redis.from_url(
            url, socket_timeout=TIMEOUT, socket_connect_timeout=TIMEOUT, health_check_interval=0
        )
        self._seen: Position = (0, 0)
        self._thread: threading.Thread | None = None
        self._stopped = threading.Event()

    def attach(self, issuer: Issuer) -> None:
        super().attach(issuer)
        name = hashlib.sha256(issuer.policy.issuer.encode()).hexdigest()[:16]
        self._prefix = f"safeconduct:{{{name}}}:"

    def status(self, question: Question, moment: Moment) -> int:
        """Raises as SignedLists does."""
        if self._thread is None:
            self._start()
        return super().status(question, moment)

    def due(self, moment: Moment) -> Iterator[Want]:
        if self._thread is not None and not self._thread.is_alive() and not self._stopped.is_set():
            self._start()  # it is gone where the process was forked
        yield from super().due(moment)

    def close(self) -> None:
        self._stopped.set()
        if self._thread is not None:
            self._thread.join(TIMEOUT)
        self._redis.close()

    def bound(self) -> str:
        return f"Redis: within a second; when it shows nothing fresh for {in_words(FEED_STALENESS)}, {super().bound()}"

    def _start(self) -> None:
        self._thread = threading.Thread(target=self._follow, name="safeconduct-redis", daemon=True)
        self._thread.start()

    def _follow(self) -> None:
        while not self._stopped.is_set():
            try:
                self._take_position()
                while not self._stopped.is_set() and self._step():
                    pass
            except (redis.RedisError, OSError, ValueError, InvalidStatusList, _Nothing):
                self.lost()
                self._stopped.wait(_PAUSE)

    def _take_position(self) -> None:
        """Take the present position; no list is current before it was read whole."""
        position, as_of = self._meta(self._redis.hmget(f"{self._prefix}meta", _META))
        self.resync(position, None)
        self._confirm(as_of)

    def _step(self) -> bool:
        """Apply what has come and confirm it; False after a gap."""
        epoch, revision = self._position
        key = f"{self._prefix}changes"
        # What is confirmed was read before the stream: no change can hide between the two.
        position, as_of = self._meta(self._redis.hmget(f"{self._prefix}meta", _META))
        answer: Any = self._redis.xread({key: f"{epoch}-{revision}"}, block=_BLOCK)
        entries = answer[0][1] if answer else []
        for _, fields in entries:
            if not self.change(read_change(read_object(fields.get(b"change", b"")))):
                return False
        if position > self._position:
            return False
        self._confirm(as_of)
        return True

    def _confirm(self, as_of: int) -> None:
        for uri in tuple(self.behind()):
            self._read_whole(uri)
        if self._issuer.time().now - as_of <= FEED_STALENESS:
            self.confirm(as_of)

    def _read_whole(self, uri: str) -> None:
        pipeline = self._redis.pipeline(transaction=True)
        pipeline.hmget(f"{self._prefix}meta", _META)
        pipeline.get(f"{self._prefix}list:{uri.rpartition('/')[2]}")
        meta, packed = pipeline.execute()
        position, _ = self._meta(meta)
        self.replace(uri, StatusList.whole(packed or b""), position)

    def _meta(self, fields: Any) -> tuple[Position, int]:
        """Position and `as_of`. Raises _Nothing: another issuer's, incomplete, or older than was seen."""
        issuer, *numbers = fields
        if issuer != self._issuer.policy.issuer.encode() or None in numbers:
            raise _Nothing
        epoch, version, as_of = map(int, numbers)
        if (epoch, version) < self._seen:
            raise _Nothing
        self._seen = (epoch, version)
        return self._seen, as_of


_META: Final = ["issuer", "epoch", "version", "as_of"]
