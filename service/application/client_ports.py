from typing import Protocol

from service.domain.client import Client


class Clients(Protocol):
    async def add(self, client: Client) -> bool: ...
    async def all(self) -> list[Client]: ...
    async def lock(self, client_id: str) -> Client | None:
        """The row as it is once this transaction holds it."""

    async def change_rights(self, client: Client) -> None:
        """Write its audiences, its permissions and the machine user it acts for."""

    async def change_proof(self, client: Client) -> None:
        """Write its secrets and its keys."""

    async def disable(self, client_id: str, now: int) -> bool: ...
    async def use_assertion(self, assertion_hash: str, *, expires_at: int) -> bool:
        """False when it was used before: by this process or another."""

    async def forget_assertions(self, *, now: int, limit: int) -> int:
        """Drop what nobody would take any more; answers how many."""
