"""The status lists, as publishing and housekeeping need them of the storage."""

from collections.abc import Sequence
from typing import Protocol

from service.domain.receipt import Notice
from service.domain.status_list import ListHead, ListSnapshot, SignedList
from service.domain.token import StatusChange


class StatusLists(Protocol):
    async def allocate(self, count: int, *, new_list_id: str, now: int) -> list[tuple[str, int]]:
        """`count` fresh (list id, counter) pairs; opens the list `new_list_id` when the last one is full.

        A counter is not yet an index: the keyed permutation makes it one. Capacity is LIST_SIZE - 8.
        """

    async def announce(self, changes: Sequence[StatusChange], now: int) -> int:
        """Take the next revision, write the changes to the outbox under it, and answer it."""

    async def sign_anew(self) -> None:
        """Let every list count as changed: what was signed of them is worth nothing any more."""

    async def all(self) -> list[str]:
        """Ids of the lists that are published, oldest first."""

    async def changed_since(self, revision: int) -> list[str]:
        """Ids of published lists with a change of a higher revision."""

    async def head(self, list_id: str) -> ListHead | None: ...
    async def entries(self, head: ListHead) -> ListSnapshot:
        """What a list says, read in the snapshot that `head` was read in."""

    async def snapshot(self, list_id: str) -> ListSnapshot | None:
        """`head` and `entries` at once."""

    async def notices(self, token_id: str) -> list[Notice]:
        """What each list was told of the end of a record's values."""

    async def signed(self, list_id: str) -> SignedList | None: ...
    async def publish(self, signed: SignedList) -> bool:
        """Store it unless one of the same or a higher (version, tick) is there."""


class SpentLists(Protocol):
    async def full(self) -> Sequence[str]:
        """Lists of which no index will be handed out any more, the retired ones as well."""

    async def retire(self, list_id: str, *, now: int, spent_by: int) -> bool:
        """End the publication of a full list if its last value had expired by `spent_by`; False where one had not."""

    async def forget_values(self, list_id: str, *, before: int, limit: int) -> int:
        """Drop values of a full list whose `exp` was not after `before`; answers how many."""

    async def forget_changes(self, *, before: int, limit: int) -> int:
        """Drop what the lists were told, and when they were signed, up to `before`; answers how many changes."""
