"""Accounts and the one-time links to them, as the use cases need them of the storage."""

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from service.domain.session import Invitation
from service.domain.user import Grant, Role, User


class Users(Protocol):
    async def add(self, user: User) -> bool:
        """False when the folded name is taken."""

    async def get(self, user_id: str) -> User | None: ...
    async def find(self, name: str) -> User | None:
        """By name, compared folded."""

    async def page(self, *, search: str | None, role: Role | None, after: str, limit: int) -> list[User]:
        """People in the order of their folded names, behind `after`."""

    async def lock(self, user_id: str) -> User | None:
        """The row as it is once this transaction holds it; raises its version."""

    async def lock_all(self, user_ids: Collection[str]) -> Mapping[str, User]:
        """`lock` for several, in the one order; those that are there."""

    async def hold(self, user_ids: Sequence[str]) -> None:
        """The same for several, in the one order; answers nothing."""

    async def change(
        self, user_id: str, *, role: Role, password_hash: str | None, grant: Grant, disabled_at: int | None
    ) -> None: ...
    async def renew_hash(self, user_id: str, old: str, new: str) -> None:
        """Store another hash of the same password, unless that was replaced meanwhile."""

    async def administrator_exists(self) -> bool: ...
    async def other_administrators(self, user_id: str) -> int:
        """How many enabled administrators there are beside this user."""


class Invitations(Protocol):
    async def add(self, invitation: Invitation) -> None: ...
    async def owner(self, secret_hash: str) -> str | None:
        """Whose link it is; None if it is unknown, or of nobody yet."""

    async def consume(self, secret_hash: str, now: int) -> Invitation | None:
        """Mark a live one as used and return it; None if unknown, used or expired."""

    async def withdraw(self, purpose: str, now: int) -> None:
        """End all unused invitations of a purpose."""

    async def withdraw_of(self, user_id: str, now: int) -> None:
        """End all unused links of an account."""
