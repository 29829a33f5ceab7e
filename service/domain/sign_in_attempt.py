"""One way out to a provider and back: what a browser keeps meanwhile, and what only it can answer to.

Nothing is stored here before the answer comes. The browser keeps a random secret in a cookie; `state`, `nonce` and the
PKCE verifier are made of it and of everything that was asked for, so that no answer fits another question.
"""

import binascii
import hashlib
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from safeconduct.base64url import decode, encode

from service.domain.secret import Secret

LASTS: Final = 600
"""Seconds from the way out to the way back."""

_FORM: Final = re.compile(
    r"(sign-in|confirm)\.([a-z0-9-]{1,32})\.([0-9]{1,15})\.([A-Za-z0-9_-]{43})\.([A-Za-z0-9_-]{0,2800})"
)


class Purpose(StrEnum):
    SIGN_IN = "sign-in"
    CONFIRM = "confirm"


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """`wanted` is the page of ours to go on at."""

    purpose: Purpose
    provider: str
    started_at: int
    secret: Secret
    wanted: str

    @property
    def text(self) -> str:
        """As the browser keeps it."""
        wanted = encode(self.wanted.encode())
        return f"{self.purpose}.{self.provider}.{self.started_at}.{self.secret.reveal()}.{wanted}"

    @property
    def state(self) -> str:
        return self._derived("state")

    @property
    def nonce(self) -> str:
        return self._derived("nonce")

    @property
    def verifier(self) -> str:
        """The PKCE code_verifier (RFC 7636 section 4.1)."""
        return self._derived("verifier")

    @property
    def challenge(self) -> str:
        """S256 (RFC 7636 section 4.2)."""
        return encode(hashlib.sha256(self.verifier.encode()).digest())

    def lasts(self, now: int) -> bool:
        return self.started_at <= now < self.started_at + LASTS

    def _derived(self, use: str) -> str:
        return encode(hashlib.sha256(f"{use}\n{self.text}".encode()).digest())


def read_attempt(text: str) -> Attempt | None:
    """What a browser kept; None for anything else."""
    if (found := _FORM.fullmatch(text)) is None:
        return None
    purpose, provider, started_at, secret, wanted = found.groups()
    try:
        page = decode(wanted).decode() if wanted else ""
    except (ValueError, binascii.Error):
        return None
    return Attempt(
        purpose=Purpose(purpose),
        provider=provider,
        started_at=int(started_at),
        secret=Secret(secret),
        wanted=page,
    )
