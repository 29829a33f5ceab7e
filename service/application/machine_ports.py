from collections.abc import Sequence
from typing import Protocol

from service.domain.machine import Machine


class MachineUsers(Protocol):
    """Machine users with the people who answer for them; the accounts themselves are added as users."""

    async def add_responsible(self, machine_id: str, user_ids: Sequence[str]) -> None: ...
    async def replace_responsible(self, machine_id: str, user_ids: Sequence[str]) -> None: ...
    async def page(
        self, *, machine_id: str | None, responsible_id: str | None, after: str, limit: int
    ) -> list[Machine]:
        """In the order of their folded names, from behind `after`."""
