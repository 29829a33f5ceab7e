"""GitHub's secret scanning signs its reports: which keys, and whether a signature fits."""

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_public_key

KEY_IDENTIFIER: Final = "Github-Public-Key-Identifier"
SIGNATURE: Final = "Github-Public-Key-Signature"


@dataclass(frozen=True, slots=True)
class FinderKeys:
    """ECDSA keys on P-256, by their identifier; none at all where reports are not taken."""

    keys: Mapping[str, ec.EllipticCurvePublicKey]

    @classmethod
    def read(cls, path: Path | None) -> Self:
        """The document that GitHub publishes for its partners: `{"public_keys": [{"key_identifier", "key", …}]}`.

        Raises:
            ValueError: it is another document, or a key of another kind.
            OSError: it cannot be read.
        """
        if path is None:
            return cls({})
        keys = {}
        try:
            for entry in json.loads(path.read_bytes())["public_keys"]:
                key = load_pem_public_key(entry["key"].encode())
                if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
                    raise ValueError(f"{path}: {entry['key_identifier']!r} is no key on P-256")  # noqa: TRY004 - a value's
                keys[str(entry["key_identifier"])] = key
        except (KeyError, TypeError, AttributeError, UnsupportedAlgorithm) as error:
            raise ValueError(f"{path}: no such document as GitHub's public keys: {error!r}") from None
        return cls(keys)

    def signed(self, identifier: str, signature: str, body: bytes) -> bool:
        """Whether this body was signed by the key of that name (ECDSA, SHA-256, DER, base64)."""
        key = self.keys.get(identifier)
        if key is None:
            return False
        try:
            key.verify(base64.b64decode(signature, validate=True), body, ec.ECDSA(SHA256()))
        except (InvalidSignature, binascii.Error, ValueError):
            return False
        return True
