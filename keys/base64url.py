"""Base64url without padding (RFC 7515 section 2), one form only."""

import base64
import binascii


def encode(octets: bytes) -> str:
    """The text of *octets*."""
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode("ascii")


def decode(text: str) -> bytes:
    """The octets of *text*; a ValueError for any text that `encode` would not have written."""
    try:
        octets = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except binascii.Error as error:
        raise ValueError("not base64url") from error
    if encode(octets) != text:
        raise ValueError("not the canonical base64url of anything")
    return octets
