"""Idempotency keys: by what a repeated request is known (draft-ietf-httpapi-idempotency-key-header)."""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Self

LIFETIME: Final = 86_400
"""Seconds for which a repeat is recognised."""

_KEY: Final = re.compile(r"[\x21-\x7e]{16,128}")


def is_key(text: str) -> bool:
    """Whether it may be one: 16 to 128 visible ASCII characters."""
    return _KEY.fullmatch(text) is not None


@dataclass(frozen=True, slots=True)
class IdempotencyKey:
    """A caller's key, and what was asked under it; both as hashes (SHA-256, hex)."""

    key_hash: str
    body_hash: str

    @classmethod
    def of(cls, text: str, *, caller: str, call: str, body: Mapping[str, Any]) -> Self:
        """`caller` is whose key it is, `call` what is called; the order of members in `body` counts nothing."""
        canonical = json.dumps(body, sort_keys=True, separators=(",", ":"))
        return cls(_digest(caller, text), _digest(call, canonical))


def _digest(*texts: str) -> str:
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()
