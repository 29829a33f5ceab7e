"""What a passkey signs: made for one session or one sign-in, good for minutes, and once.

A challenge vouches for itself, so that showing a page writes nothing; only an answered one is remembered.
"""

import hashlib
import hmac
from typing import Final

from service.domain.identifiers import Randomness

LIFETIME: Final = 300
"""Seconds."""

_NONCE, _TIME, _MAC = 16, 8, 16


class Challenges:
    """`key` is the same at every replica."""

    def __init__(self, key: bytes, *, randomness: Randomness) -> None:
        self._key = key
        self._randomness = randomness

    def make(self, binding: str, now: int) -> bytes:
        """40 bytes for whoever `binding` names."""
        body = self._randomness(_NONCE) + (now + LIFETIME).to_bytes(_TIME, "big")
        return body + self._mac(body, binding)

    def expiry(self, challenge: bytes, binding: str, now: int) -> int | None:
        """When it ends; None if it was not made here for this, or is over."""
        body, mac = challenge[:-_MAC], challenge[-_MAC:]
        if len(body) != _NONCE + _TIME or not hmac.compare_digest(mac, self._mac(body, binding)):
            return None
        ends = int.from_bytes(body[_NONCE:], "big")
        return ends if now < ends else None

    def _mac(self, body: bytes, binding: str) -> bytes:
        return hmac.digest(self._key, body + binding.encode(), "sha256")[:_MAC]


def challenge_hash(challenge: bytes) -> str:
    """By what a challenge that was answered is remembered."""
    return hashlib.sha256(challenge).hexdigest()
