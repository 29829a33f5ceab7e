"""Things that are shown once and stored hashed."""

import base64
import hashlib

from service.domain.identifiers import Randomness


class Secret:
    """A value that prints as `Secret(...)`: reveal it only where it leaves the process on purpose."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        return self._value

    def __repr__(self) -> str:
        return "Secret(...)"


def new_secret(randomness: Randomness) -> Secret:
    """43 characters of base64url: 256 random bits."""
    return Secret(base64.urlsafe_b64encode(randomness(32)).rstrip(b"=").decode())


def new_alphanumeric_secret(randomness: Randomness) -> Secret:
    """256 random bits as 52 letters and digits, which need no form encoding (RFC 6749 section 2.3.1)."""
    return Secret(base64.b32encode(randomness(32)).rstrip(b"=").decode().lower())


def secret_hash(secret: Secret) -> str:
    """What is stored of a random secret. Its 256 bits need no slow hash."""
    return hashlib.sha256(secret.reveal().encode()).hexdigest()
