"""Who is hit when a key ends: to be looked at before, and to be told afterwards."""

from typing import Protocol

from service.domain.key_damage import KeyDamage


class KeyDamages(Protocol):
    async def of(self, kid: str) -> KeyDamage:
        """Whoever has a token with a value of this key that lived when it was compromised; that lives, where it was
        not.
        """
