from typing import Protocol

from keys.ring import KeyRing


class KeyStore(Protocol):
    """Where the ring lives. Of all who change it from one version, one succeeds (K16)."""

    async def load(self) -> KeyRing:
        """The ring as last stored; version 0 and empty at first."""

    async def store(self, ring: KeyRing, *, expected_version: int) -> bool:
        """Write *ring*, all or nothing, if the stored version is still `expected_version`.

        False: another change came first, a normal outcome. Load, and plan anew.
        """
