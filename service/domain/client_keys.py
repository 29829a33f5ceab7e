"""The public keys that a client registers (RFC 7517), to sign who it is."""

import json
from collections.abc import Mapping
from typing import Any, Final

from safeconduct import KeySet
from safeconduct.errors import InvalidKeySet

from service.domain.errors import Fault

MOST_KEYS: Final = 10
WHERE: Final = "jwks"


def canonical_jwks(document: Mapping[str, Any], faults: list[Fault]) -> str:
    """The set as it is kept; a fault where it holds a private, weak or unknown key, or not 1 to MOST_KEYS."""
    try:
        keys = KeySet.from_document(document)
    except InvalidKeySet as error:
        faults.append(Fault(WHERE, "invalid_jwks", str(error)))
        return ""
    if not len(keys) == len(document["keys"]) <= MOST_KEYS or not len(keys):
        detail = f"1 to {MOST_KEYS} public keys, each with kid, alg (ES256, RS256, PS256, EdDSA) and use: sig"
        faults.append(Fault(WHERE, "invalid_jwks", detail))
    return json.dumps({"keys": document["keys"]}, sort_keys=True, separators=(",", ":"))
