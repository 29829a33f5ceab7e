import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from keys.errors import MasterKeyMismatch
from keys.sealing import MasterKey, Randomness


@dataclass(frozen=True, slots=True)
class MasterKeys:
    """The master key that seals, and earlier ones that still open until their texts are resealed."""

    current: MasterKey
    previous: tuple[MasterKey, ...] = ()

    def seal(
        self, plaintext: bytes, row: Sequence[str], *, randomness: Randomness = secrets.token_bytes
    ) -> str:
        """See MasterKey.seal: under the current master key."""
        return self.current.seal(plaintext, row, randomness=randomness)

    def open(self, sealed: str, row: Sequence[str]) -> bytes:
        """See MasterKey.open: under whichever master key sealed the text."""
        for master in (self.current, *self.previous):
            try:
                return master.open(sealed, row)
            except MasterKeyMismatch as error:
                mismatch = error
        raise mismatch

    def reseal(self, sealed: str, row: Sequence[str], *, randomness: Randomness = secrets.token_bytes) -> str:
        """The same secret, sealed under the current master key.

        Raises:
            VerifyOnly: the text does not open.
        """
        return self.seal(self.open(sealed, row), row, randomness=randomness)
