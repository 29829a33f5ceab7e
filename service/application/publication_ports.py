"""What pushing the status lists needs of the world."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from service.domain.publication import ChangedEntry, Form, Publication, PublicationState


class Listener(Protocol):
    """One who waits for news."""

    async def wait(self, seconds: float) -> None:
        """Until there has been news since the last wait, or so long."""


class Announcer(Protocol):
    """Spreads the news that the status lists have changed. At most once: lost news costs a poll (R5)."""

    def announce(self) -> None:
        """After the commit, never before; never fails."""

    def listener(self) -> Listener: ...


class Publications(Protocol):
    """What is pushed, and when the pushed forms had a revision; for receipts."""

    async def news(self, *, after: int, limit: int) -> tuple[PublicationState, list[ChangedEntry]]:
        """Where the database is, and the latest rows of the outbox beyond a revision, in order: both of one moment.
        Of the oldest revision some may be left out.
        """

    async def lists(self) -> tuple[Mapping[str, int], frozenset[str]]:
        """The revision of each published list's last change, and which of them are full."""

    async def note(self, publications: Sequence[Publication]) -> None:
        """The first note of a form and revision stays."""

    async def of(self, revision: int) -> Mapping[Form, int]:
        """When each form first had a revision as high, in POSIX milliseconds; a form that has none yet is left out."""

    async def forget(self, *, before_ms: int, limit: int) -> int:
        """Drop the oldest notes; how many there were."""
