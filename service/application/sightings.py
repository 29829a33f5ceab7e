"""What recognition sees in passing and housekeeping acts on: no request waits for any of it."""

from typing import Final

from service.domain.token import TokenTruth

MOST: Final = 256
"""Refused values that wait to be looked into; what is beyond is met again."""
REMEMBERED: Final = 16_384

_OVER: Final = frozenset({"revoked", "expired"})


class Sightings:
    """Of values in an overlap the first use of the new one, and of values that are over each use once.

    `awaited` are the jtis of new values whose first use ends an overlap. Both mappings go from jti to record.
    """

    def __init__(self) -> None:
        self.awaited: frozenset[str] = frozenset()
        self.used: dict[str, str] = {}
        self.over: dict[str, str] = {}
        self._seen: set[str] = set()

    def accepted(self, truth: TokenTruth) -> None:
        if truth.jti in self.awaited:
            self.used[truth.jti] = truth.token_id

    def refused(self, truth: TokenTruth) -> None:
        if truth.reason in _OVER and truth.jti not in self._seen and len(self.over) < MOST:
            self.over[truth.jti] = truth.token_id

    def settle(self, jti: str) -> None:
        """Housekeeping has acted on it."""
        self.used.pop(jti, None)
        if self.over.pop(jti, None) is not None:
            if len(self._seen) >= REMEMBERED:
                self._seen.clear()
            self._seen.add(jti)
