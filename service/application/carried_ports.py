from collections.abc import Sequence
from typing import Protocol

from service.domain.carried import Carried, Reach


class CarriedScopes(Protocol):
    """What live values carry, whatever their records have come to carry since."""

    async def keep(self, token_id: str, scopes: tuple[str, ...]) -> None:
        """Note it of the values of a held record that are about to be replaced and go on."""

    async def by(self, owner_id: str) -> list[Carried]:
        """All of an owner's, the newest records first, values of one record side by side."""

    async def of(self, token_ids: Sequence[str]) -> list[Carried]:
        """All of these records, values of one record side by side."""

    async def page(self, after: tuple[str, str], limit: int) -> list[Carried]:
        """Everybody's in the order of (token_id, jti), from behind `after`; at first ("", "")."""

    async def reaches(self) -> list[Reach]: ...
    async def alike(self, reach: Reach) -> list[str]:
        """The ids of the records with a live value that carries just this."""
