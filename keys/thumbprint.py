"""RFC 7638: the name of a key that follows from the key."""

import hashlib
import json
from collections.abc import Mapping

from safeconduct.base64url import encode


def thumbprint(public_jwk: Mapping[str, str]) -> str:
    """SHA-256 thumbprint of a JWK that holds its required members and no others (section 3.2)."""
    canonical = json.dumps(dict(public_jwk), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return encode(hashlib.sha256(canonical.encode()).digest())
