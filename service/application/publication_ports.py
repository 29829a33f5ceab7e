"""What pushing the status lists needs of the world."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from service.domain.publication import ChangedEntry, Form, Publication, PublicationState, Standing


class Listener(Protocol):
    """One who waits for news."""

    async def wait(self, seconds: float) -> None:
        """Until there has been news since the last wait, or so long."""


class Announcer(Protocol):
    """Spreads the news that the status lists have reached a revision. At most once: lost news costs a poll (R5)."""

    def announce(self, revision: int) -> None:
        """After the commit, never before; never fails."""

    def listener(self) -> Listener: ...


class Publications(Protocol):
    """What is pushed, and when the pushed forms had a revision; for receipts."""

    async def state(self) -> PublicationState:
        """Raises StorageUnavailable where this server takes no writes: what it says may be old."""

    async def standing(self) -> Standing:
        """In a snapshot, so that all of it is of one moment."""

    async def changes(self, *, after: int, limit: int) -> list[ChangedEntry]:
        """The latest rows of the outbox beyond a revision, in order; of the oldest revision some may be left out."""

    async def note(self, publications: Sequence[Publication]) -> None:
        """The first note of a form and revision stays."""

    async def of(self, revision: int) -> Mapping[Form, int]:
        """When each form first had a revision as high, in POSIX milliseconds; a form that has none yet is left out."""

    async def forget(self, *, before_ms: int, limit: int) -> int:
        """Drop the oldest notes; how many there were."""
