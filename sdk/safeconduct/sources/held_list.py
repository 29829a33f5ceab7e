"""One status list as a verifier holds it."""

from collections.abc import Callable

from safeconduct.errors import InvalidStatusList
from safeconduct.freshness import Freshness
from safeconduct.profiles import Profile
from safeconduct.status_list import LIST_BITS, StatusList
from safeconduct.status_list_token import SignedStatusList

_TTL = 60  # seconds, where the list names none


class HeldList(Freshness):
    """A list, or the place for one. `as_of` and `usable_until` are POSIX seconds, the issuer's own.

    `packed` is for the short way: empty unless it has two bits for each token.
    """

    __slots__ = (
        "as_of",
        "asked_at",
        "etag",
        "packed",
        "signed_at",
        "statuses",
        "stored",
        "token",
        "ttl",
        "uri",
        "usable_until",
        "version",
    )

    def __init__(self, uri: str, jitter: Callable[[], float]) -> None:
        super().__init__(jitter)
        self.uri = uri
        self.statuses = StatusList(b"")
        self.packed = b""
        self.as_of = self.signed_at = -1
        self.usable_until = -1
        self.version: tuple[int, int] | None = None
        self.ttl = _TTL
        self.asked_at = float("-inf")
        self.etag: str | None = None
        self.token = b""
        self.stored = b""

    def serves(self, now: int, max_staleness: int) -> bool:
        """Whether it speaks of a time that is recent enough."""
        return now < self.usable_until and now - self.as_of <= max_staleness

    def accept(self, signed: SignedStatusList, profile: Profile) -> None:
        """Take a newer list. What is INVALID stays so whatever it says.

        Raises:
            InvalidStatusList: it is older than the one that is held.
        """
        version = _version(signed)
        if signed.iat < self.signed_at or (version and self.version and version < self.version):
            raise InvalidStatusList("the list is older than one that was seen before")
        end = signed.iat + profile.max_staleness
        self.signed_at = signed.iat
        self.as_of = max(self.as_of, signed.iat)
        self.usable_until = end if profile.past_expiry else min(end, signed.exp)
        self.ttl = signed.ttl or _TTL
        self.replace(signed.statuses, version)

    def replace(self, statuses: StatusList, version: tuple[int, int] | None) -> None:
        """Show `statuses`, but INVALID wherever it was shown before."""
        if len(statuses) == len(self.statuses) and statuses.bits == self.statuses.bits:
            statuses = self.statuses.merged(statuses)
        self.statuses, self.version = statuses, version
        self.packed = statuses.packed if statuses.bits == LIST_BITS else b""


def _version(signed: SignedStatusList) -> tuple[int, int] | None:
    if signed.version is None:
        return None
    return signed.epoch or 0, signed.version
