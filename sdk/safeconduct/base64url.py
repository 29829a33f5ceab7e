"""base64url without padding (RFC 7515 section 2), in its one canonical spelling."""

from binascii import a2b_base64, b2a_base64
from typing import Final

# What base64url has not becomes what base64 has not either, so that it cannot survive the comparison.
_TO_BASE64: Final = bytes.maketrans(b"-_+/=", b"+/---")
_TO_BASE64URL: Final = bytes.maketrans(b"+/", b"-_")
_PADDING: Final = (b"", b"===", b"==", b"=")


def decode(text: str) -> bytes:
    """The bytes that `text` spells.

    Raises:
        ValueError: another alphabet, padding, white space, or unused bits that are not zero.
    """
    padded = text.encode("ascii").translate(_TO_BASE64) + _PADDING[len(text) & 3]
    raw = a2b_base64(padded)
    if b2a_base64(raw, newline=False) != padded:
        raise ValueError("not canonical base64url")
    return raw


def encode(raw: bytes) -> str:
    """The one spelling of `raw` that `decode` takes."""
    return b2a_base64(raw, newline=False).rstrip(b"=").translate(_TO_BASE64URL).decode("ascii")
