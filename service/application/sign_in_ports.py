"""What the throttle of sign-ins needs to be stored. Both come after sessions and before audit in the order of locks."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from service.domain.throttle import Failures, Standing


@dataclass(frozen=True, slots=True, kw_only=True)
class Buckets:
    """Where the failures of one attempt are counted, in the order in which they are locked."""

    account: str
    address: str
    pair: str


@dataclass(frozen=True, slots=True)
class Count:
    """A bucket's failures and when they count no more."""

    bucket: str
    failures: Failures
    forget_at: int


class SignInCounts(Protocol):
    async def find(self, buckets: Buckets) -> Standing: ...
    async def lock(self, buckets: Buckets, now: int) -> Standing:
        """The same, as it is once this transaction holds all three."""

    async def write(self, counts: Sequence[Count]) -> None:
        """Of buckets that are held."""

    async def forget(self, bucket: str) -> None: ...
    async def excuse(self, bucket: str) -> None:
        """Take one failure back."""

    async def uncount(self, bucket: str, before: Failures, now: int) -> None:
        """The same of one that was counted at `now` after `before` and was none: nobody waits for it."""

    async def sweep(self, now: int, limit: int) -> int:
        """Remove up to `limit` buckets that count no more, and tell how many."""


class KnownOrigins(Protocol):
    """Where accounts have signed in from: hashes of networks and of devices' cookies."""

    async def among(self, user_id: str, *, network: str, device: str) -> frozenset[str]:
        """Those of the two that the account knows."""

    async def know(self, user_id: str, origin: str, forget_at: int, *, most: int) -> None:
        """Remember one more; beyond `most` those that would be forgotten first are forgotten now."""

    async def forget_all(self, user_id: str) -> None: ...
    async def sweep(self, now: int) -> None: ...
