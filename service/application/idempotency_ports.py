from collections.abc import Mapping, Sequence
from typing import Protocol

from service.domain.idempotency import IdempotencyKey


class Idempotency(Protocol):
    """What requests with a key have made, by the hash of the key."""

    async def claim(self, key_hashes: Sequence[str]) -> set[str]:
        """Those that no other transaction holds now; they are this one's until it ends. Never waits."""

    async def find(self, key_hashes: Sequence[str]) -> Mapping[str, tuple[str, str]]:
        """(body hash, token id) for each that something was made under and that is not over."""

    async def add(self, made: Sequence[tuple[IdempotencyKey, str]], *, expires_at: int) -> None:
        """With the id of the record that each made."""

    async def forget(self, *, now: int, limit: int) -> int:
        """Drop what is over; answers how many."""
