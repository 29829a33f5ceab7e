"""The issuer's key set, last good: kept through failed refreshes up to a hard limit, and never beyond."""

from collections.abc import Callable
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from safeconduct.discovery import Metadata
from safeconduct.effective_time import Moment
from safeconduct.errors import Unavailable, UnknownKey
from safeconduct.freshness import LONGEST_PAUSE, Freshness
from safeconduct.jwks import KeySet, VerificationKey
from safeconduct.strict_json import read_object
from safeconduct.transport import Request, Response
from safeconduct.want import Needed, Want

KEYS: Final = "keys"
JWKS_LIMIT: Final = 64 * 1024
PERIOD: Final = 300.0
"""Seconds between two refreshes (J_age)."""
COOL_DOWN: Final = LONGEST_PAUSE
"""Seconds between two fetches that unknown kids may cause."""

_MEDIA_TYPES = frozenset({"application/jwk-set+json", "application/json"})
_UNKNOWN_KIDS = 1024
_UNKNOWN_FOR = 300.0  # seconds: the least time that a key is published before it signs is 600
_VERSION_GRACE = 30.0  # seconds for the issuer's replicas to show a key set that a list speaks of already
_VERSION_RETRY = 2.0

_NONE = KeySet(MappingProxyType({}))


class KeyCache:
    """The keys of one issuer. `limit` is the seconds for which a set serves that cannot be refreshed."""

    def __init__(self, *, limit: float, jitter: Callable[[], float]) -> None:
        self.freshness = Freshness(jitter)
        self.keys = _NONE
        self.by_kid: dict[str, VerificationKey] = {}
        self.usable_until = float("-inf")
        self.fresh_until = float("-inf")  # before it, `current` would answer `keys`
        self.body = b""
        self._etag: str | None = None
        self._limit = limit
        self._unknown: dict[str, float] = {}
        self._demanded = 0
        self._demanded_at = 0.0

    def current(self, metadata: Metadata, moment: Moment) -> KeySet:
        """The set, fresh enough to be believed.

        Raises:
            Needed: it is too old, or a list speaks of a newer one.
            Unavailable: and it cannot be had.
        """
        usable = moment.monotonic < self.usable_until
        if self.freshness.required(moment.monotonic, usable=usable):
            raise Needed(self.want(metadata))
        if not usable:
            raise Unavailable("the issuer's keys are too old, and new ones cannot be had")
        if self.behind:
            self._catch_up(metadata, moment)
        return self.keys

    @property
    def behind(self) -> bool:
        """Whether a status list was signed under a newer key set than ours (R44)."""
        return self._demanded > (self.keys.version or 0)

    def demand(self, version: int | None, moment: Moment) -> None:
        """A status list was signed when this version of the key set was the present one."""
        if version is not None and version > self._demanded and self.keys.version is not None:
            self._demanded, self._demanded_at = version, moment.monotonic
            self._settle()

    def look_for(self, kid: str, metadata: Metadata, moment: Moment) -> UnknownKey:
        """The verdict on a `kid` that is not in the set, once a set young enough lacks it.

        Raises:
            Needed: the set may be too old to know.
            Unavailable: and another cannot be had now.
        """
        known_unknown = self._unknown.get(kid, float("-inf"))
        if moment.monotonic - known_unknown < _UNKNOWN_FOR:
            return UnknownKey("no key of the set has this kid")
        if moment.monotonic - self.freshness.fetched_at < COOL_DOWN:
            self._note_unknown(kid, moment)
            return UnknownKey("no key of the set has this kid")
        if self.freshness.under_way:
            raise Needed(self.want(metadata))
        if moment.monotonic - self.freshness.tried_at < COOL_DOWN:
            raise Unavailable("the token's key is unknown, and a fresher set cannot be had")
        self.freshness.begin(moment.monotonic)
        raise Needed(self.want(metadata))

    def want(self, metadata: Metadata) -> Want:
        return Want(KEYS, Request(metadata.jwks_uri, _MEDIA_TYPES, JWKS_LIMIT, etag=self._etag))

    def take(self, response: Response, moment: Moment) -> None:
        """Raises ValueError, InvalidKeySet: the set that is held stays."""
        if response.status != 304:
            self.install(KeySet.from_document(read_object(response.body)))
            self.body, self._etag = response.body, response.etag
        self.usable_until = moment.monotonic + self._limit
        self.freshness.fetched(moment.monotonic, PERIOD)
        self._settle()

    def failed(self, moment: Moment) -> None:
        """The set that is held goes on serving until its limit."""
        self.freshness.failed(moment.monotonic)
        self._settle()

    def _settle(self) -> None:
        never = float("-inf")
        self.fresh_until = never if self.behind else min(self.usable_until, self.freshness.deadline_at)

    def install(self, fresh: KeySet) -> None:
        """Keys that stay are the very same objects, so that what they verified stays verified."""
        held = self.keys.keys
        kept = {kid: held[kid] if held.get(kid) == key else key for kid, key in fresh.keys.items()}
        self.keys, self.by_kid = replace(fresh, keys=MappingProxyType(kept)), kept
        self._unknown = {kid: at for kid, at in self._unknown.items() if kid not in kept}

    def restore(self, fresh: KeySet, *, age: float, moment: Moment) -> None:
        """Use a set that was fetched `age` seconds ago by an earlier process; due for a refresh at once."""
        self.install(fresh)
        self.usable_until = moment.monotonic + self._limit - age
        self.freshness.fetched_at = moment.monotonic - age
        self._settle()

    def _catch_up(self, metadata: Metadata, moment: Moment) -> None:
        freshness = self.freshness
        tried_since = freshness.tried_at >= self._demanded_at
        waited = moment.monotonic - self._demanded_at
        if not freshness.under_way and (
            not tried_since or moment.monotonic - freshness.tried_at > _VERSION_RETRY
        ):
            freshness.begin(moment.monotonic)
            raise Needed(self.want(metadata))
        if freshness.under_way and (not tried_since or waited > _VERSION_GRACE):
            raise Needed(self.want(metadata))
        if waited > _VERSION_GRACE:
            raise Unavailable("the issuer speaks of newer keys than it shows")

    def _note_unknown(self, kid: str, moment: Moment) -> None:
        while len(self._unknown) >= _UNKNOWN_KIDS:
            del self._unknown[next(iter(self._unknown))]
        self._unknown[kid] = moment.monotonic
