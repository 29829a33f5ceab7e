from collections.abc import Mapping, Sequence
from typing import Protocol

from service.domain.usage import KnownValue, Origin, RefusedUse


class Usage(Protocol):
    """Uses of tokens. Nothing written here ever goes back in time; what is not there any more is left alone."""

    async def used(self, uses: Sequence[tuple[str, int, Origin]]) -> None:
        """Uses that were seen here: record, time, origin."""

    async def reported(self, uses: Sequence[tuple[str, int, Origin, str]]) -> None:
        """Uses that clients report: the same with the client's id."""

    async def refused(self, refusals: Sequence[RefusedUse]) -> None:
        """A value that nobody knows has no record to note it at."""

    async def demanded(self, demands: Sequence[tuple[str, str, int]]) -> None:
        """Scopes that APIs demanded: record, scope, time."""

    async def refusals(self, token_id: str) -> Sequence[RefusedUse]:
        """The latest REFUSALS of a record, the last one first."""

    async def demanded_since(self, token_id: str, since: int) -> Sequence[str]: ...
    async def known_values(self, jtis: Sequence[str]) -> Mapping[str, KnownValue]:
        """Those of the values, by jti, that are there."""

    async def forget(self, *, before: int) -> None:
        """Drop everything from before but the times of last uses."""
