"""Identifiers: 32 lower-case hex digits inside, canonical UUID strings in claims and in the API."""

import re
from collections.abc import Callable

Randomness = Callable[[int], bytes]
"""n -> n unpredictable bytes."""

_CANONICAL = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.ASCII)


def new_id(randomness: Randomness) -> str:
    """A fresh random identifier (UUID version 4 as bare hex)."""
    octets = bytearray(randomness(16))
    octets[6] = octets[6] & 0x0F | 0x40  # the version and variant of RFC 9562
    octets[8] = octets[8] & 0x3F | 0x80
    return octets.hex()


def to_wire(identifier: str) -> str:
    """`identifier` as the canonical UUID string that claims and answers carry."""
    return f"{identifier[:8]}-{identifier[8:12]}-{identifier[12:16]}-{identifier[16:20]}-{identifier[20:]}"


def from_wire(text: str) -> str | None:
    """The identifier behind a canonical UUID string; None for anything else."""
    return text.replace("-", "") if _CANONICAL.fullmatch(text) else None
