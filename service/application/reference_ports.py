from typing import Protocol

from service.domain.reference import Reference


class References(Protocol):
    """Short references to records."""

    async def add(self, reference: Reference) -> None: ...
    async def end_at(self, token_id: str, ends_at: int, *, but: str = "") -> None:
        """Let those of a record end no later than `ends_at`, except the one of this jti."""

    async def stands(self, reference_hash: str) -> bool:
        """Whether no other one has taken its place; its record may be over all the same."""

    async def forget(self, *, before: int, limit: int) -> int:
        """Drop those that had ended by then; answers how many."""
