"""What ends tokens, as the use cases need it of the storage."""

from collections.abc import Collection, Sequence
from typing import Protocol

from service.domain.token import StatusChange


class Revocations(Protocol):
    """Every method answers the values whose status changes; a value already revoked is not among them."""

    async def hold(self, token_ids: Sequence[str]) -> None:
        """Hold records and their children ahead of several revocations; answers nothing."""

    async def revoke_token(self, token_id: str, *, now: int, by: str, reason: str) -> list[StatusChange]:
        """The record, its values and its children's records and values."""

    async def revoke_tokens(
        self, token_ids: Sequence[str], *, now: int, by: str, reason: str
    ) -> tuple[frozenset[str], list[StatusChange]]:
        """The same of many, whose owners are held; first the ids of all records that were not revoked before."""

    async def revoke_values(
        self, token_id: str, *, now: int, but: Collection[str] = ()
    ) -> list[StatusChange]:
        """The values alone (regenerate), except those with a jti in `but`, and the children made by them."""

    async def revoke_all_of(self, owner_id: str, *, now: int, by: str, reason: str) -> list[StatusChange]: ...
    async def revoke_kid(
        self, kid: str, *, now: int, by: str, reason: str, limit: int | None = None
    ) -> list[StatusChange]:
        """All live values of a key, the records whose current value is one, and what they made.

        With a `limit` of records: so many of them, until an empty answer says that all are done.
        """

    async def revoke_ended(self, *, now: int, limit: int) -> list[StatusChange]:
        """Values that the service ended before their `exp` (a shortened expiry), and what they made."""

    async def statuses(self, token_id: str) -> list[StatusChange]:
        """The present status (0 or 2) of each live value of a record and its children, to pause and resume."""
