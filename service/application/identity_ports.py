"""Who somebody is elsewhere, and since when they were not here. Identities come after users in the order of locks."""

from dataclasses import dataclass
from typing import Protocol

from service.domain.user import User


@dataclass(frozen=True, slots=True)
class Found:
    """An enabled user, as they were at `read_at`; `signed_in_at` None is not since their account was made."""

    user: User
    signed_in_at: int | None
    read_at: int


class Identities(Protocol):
    async def user_id(self, issuer: str, subject: str) -> str | None: ...
    async def find(self, issuer: str, subject: str) -> Found | None:
        """The enabled user whose it is."""

    async def add(self, issuer: str, subject: str, user_id: str, now: int) -> bool:
        """False when it is somebody's already."""

    async def of_user(self, user_id: str) -> list[tuple[str, str]]:
        """(issuer, subject), the oldest first."""

    async def opened(self, session_id: str, issuer: str, subject: str, sid: str | None) -> None:
        """Note that a provider opened the session."""

    async def end_sessions(self, issuer: str, sid: str, subject: str | None, now: int) -> list[str]:
        """End what a session of the provider's opened here; answers whose sessions they were, a user each time."""


class Absences(Protocol):
    """People who were not here for long. Every writing method is of users that the transaction holds."""

    async def signed_in(self, user_id: str, now: int) -> None: ...
    async def since(self, user_id: str) -> int:
        """When they were last here, or when their account was made."""

    async def absent(self, *, before: int, limit: int) -> list[str]:
        """People not here since `before` who have tokens that work, in the order of their ids."""

    async def pause(self, user_id: str, now: int) -> list[str]:
        """Pause every record of theirs that works; answers which."""

    async def resume(self, user_id: str) -> list[str]:
        """Let those go on that were paused for this reason and no other; answers which."""
