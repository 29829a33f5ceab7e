"""What pushing the status lists needs of the storage."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from service.domain.publication import Form, Publication


class Publications(Protocol):
    """When the pushed forms had a revision; for receipts."""

    async def note(self, publications: Sequence[Publication]) -> None:
        """The first note of a form and revision stays."""

    async def of(self, revision: int) -> Mapping[Form, int]:
        """When each form first had a revision as high, in POSIX milliseconds; a form that has none yet is left out."""

    async def forget(self, *, before_ms: int, limit: int) -> int:
        """Drop the oldest notes; how many there were."""
