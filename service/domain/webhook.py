"""Where the operator's own systems are told (Standard Webhooks)."""

import base64
import hashlib
import hmac
from dataclasses import dataclass
from typing import Final

from service.domain.identifiers import Randomness
from service.domain.notice import SUBSCRIBABLE, Kind
from service.domain.secret import Secret

SECRET_PREFIX = "whsec_"  # noqa: S105 - what a secret begins with
_SECRET_BYTES = 32
LONGEST_URL: Final = 2_048


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """A receiver of notices of some `kinds`, none named meaning all.

    The secret before signs as well until `old_secret_until`. `disabled_at` is when the receiver said that it is gone.
    """

    id: str
    name: str
    url: str
    kinds: frozenset[Kind]
    sealed_secret: str
    created_at: int
    old_sealed_secret: str | None = None
    old_secret_until: int | None = None
    disabled_at: int | None = None

    def wants(self, kind: Kind) -> bool:
        return self.disabled_at is None and kind in (self.kinds or SUBSCRIBABLE)


def new_webhook_secret(randomness: Randomness) -> Secret:
    """`whsec_` and 32 random bytes in base64, as libraries of Standard Webhooks take it."""
    return Secret(SECRET_PREFIX + base64.b64encode(randomness(_SECRET_BYTES)).decode())


def signature(secret: Secret, *, message_id: str, timestamp: int, body: bytes) -> str:
    """`v1,` and the HMAC-SHA-256 of `id.timestamp.body` in base64."""
    key = base64.b64decode(secret.reveal().removeprefix(SECRET_PREFIX))
    signed = f"{message_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()


def webhook_row(webhook_id: str) -> tuple[str, ...]:
    """The row that a webhook's secrets are sealed for."""
    return ("webhook", webhook_id)
