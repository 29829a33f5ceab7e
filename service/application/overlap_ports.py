from collections.abc import Sequence
from typing import Protocol


class Overlaps(Protocol):
    """Values whose first use ends the overlap with the value before them."""

    async def await_use(self, jti: str, token_id: str, *, until: int) -> None: ...
    async def awaited(self) -> Sequence[str]:
        """The jtis of those whose overlap is not over."""

    async def used(self, jti: str) -> bool:
        """Await it no longer; False when it was not awaited any more."""

    async def forget(self, *, now: int) -> None:
        """Drop those whose overlap is over by itself."""
