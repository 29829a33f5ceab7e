from typing import Protocol

from service.domain.carried import Carried


class CarriedScopes(Protocol):
    """What live values carry, whatever their records have come to carry since."""

    async def keep(self, token_id: str, scopes: tuple[str, ...]) -> None:
        """Note it of the values of a held record that are about to be replaced and go on."""

    async def by(self, owner_id: str) -> list[Carried]:
        """All of an owner's, the newest records first, values of one record side by side."""
