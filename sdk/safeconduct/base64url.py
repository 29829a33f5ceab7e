"""base64url without padding (RFC 7515 section 2), in its one canonical spelling."""

from binascii import a2b_base64, b2a_base64
from typing import Final

# What base64url has not becomes what base64 has not either, so that a strict reader refuses it.
_TO_BASE64: Final = bytes.maketrans(b"-_+/=", b"+/---")
_TO_BASE64URL: Final = bytes.maketrans(b"+/", b"-_")
_PADDING: Final = (b"", b"===", b"==", b"=")
_WITHOUT_UNUSED_BITS: Final = (None, None, frozenset("AQgw"), frozenset("AEIMQUYcgkosw048"))
"""Last characters of a text by its length modulo four; after whole groups any will do."""


def decode(text: str) -> bytes:
    """The bytes that `text` spells.

    Raises:
        ValueError: another alphabet, padding, white space, or unused bits that are not zero.
    """
    excess = len(text) & 3
    last = _WITHOUT_UNUSED_BITS[excess]
    if last is not None and text[-1] not in last:
        raise ValueError("unused bits are not zero")
    return a2b_base64(text.encode("ascii").translate(_TO_BASE64) + _PADDING[excess], strict_mode=True)


def encode(raw: bytes) -> str:
    """The one spelling of `raw` that `decode` takes."""
    return b2a_base64(raw, newline=False).rstrip(b"=").translate(_TO_BASE64URL).decode("ascii")
