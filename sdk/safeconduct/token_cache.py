"""Tokens whose signature was found good, by the whole token: what need not be worked out twice, and no more.

Nothing here is a verdict. Times, key and status are judged on every call; only what a signature fixes for
ever is remembered.
"""

import threading
from collections import OrderedDict
from typing import Final

from safeconduct.claims import Claims
from safeconduct.jwks import VerificationKey
from safeconduct.sources.held_list import HeldList

CACHE_BYTES: Final = 32 * 1024 * 1024
TOUCH_EVERY: Final = 1.0

_ENTRY_BYTES = (
    2_600  # claims, their strings and the cache's own, measured; the token's characters come on top
)


class Remembered:
    """A genuine token. `begins` and `ends` are POSIX seconds, the leeways included.

    `seen_at` is the monotonic time at which it last moved to the end of the cache.
    `held` is the list that decides about it, where one does, and `byte` and `shift` its place there.
    """

    __slots__ = ("begins", "byte", "claims", "ends", "held", "key", "kid", "seen_at", "shift")

    def __init__(
        self, claims: Claims, key: VerificationKey, *, begins: int, ends: int, seen_at: float
    ) -> None:
        self.claims = claims
        self.kid = key.kid
        self.key = key
        self.begins = begins
        self.ends = ends
        self.seen_at = seen_at
        self.held: HeldList | None = None
        idx = 0 if claims.status is None else claims.status.idx
        self.byte, self.shift = idx >> 2, (idx & 3) << 1  # of a list with two bits a token


class TokenCache:
    """Least recently used goes first once all together may take more than `max_bytes`. Thread-safe."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._bytes = 0
        self._lock = threading.Lock()
        self._entries: OrderedDict[str, Remembered] = OrderedDict()
        self.peek = self._entries.get

    def put(self, token: str, remembered: Remembered) -> None:
        size = _ENTRY_BYTES + len(token)
        with self._lock:
            if token not in self._entries:
                self._bytes += size
            self._entries[token] = remembered
            while self._bytes > self._max_bytes:
                gone, _ = self._entries.popitem(last=False)
                self._bytes -= _ENTRY_BYTES + len(gone)

    def touch(self, token: str, remembered: Remembered, monotonic: float) -> None:
        """It is in use. Asked once in `TOUCH_EVERY` seconds for each token, which is as exact as it has to be."""
        remembered.seen_at = monotonic
        with self._lock:
            if token in self._entries:
                self._entries.move_to_end(token)

    def drop(self, token: str) -> None:
        with self._lock:
            if self._entries.pop(token, None) is not None:
                self._bytes -= _ENTRY_BYTES + len(token)

    def __len__(self) -> int:
        return len(self._entries)
