import hashlib
import json
from collections.abc import Collection
from dataclasses import dataclass

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from keys.algorithms import algorithm
from keys.ring import KeyRing
from keys.signing_key import Purpose, SigningKey


@dataclass(frozen=True, slots=True)
class Jwks:
    """One ring version's published keys: an RFC 7517 document and its strong entity tag, quotes included."""

    version: int
    body: bytes
    etag: str


def jwks(ring: KeyRing, purposes: Collection[Purpose] = tuple(Purpose)) -> Jwks:
    """The published keys for *purposes*: the same bytes wherever they are built from the same ring."""
    keys = [published_jwk(key) for key in ring.published() if key.purpose in purposes]
    document = {"keys": keys, "version": ring.version}
    body = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    return Jwks(ring.version, body, f'"{hashlib.sha256(body).hexdigest()[:32]}"')


def published_jwk(key: SigningKey) -> dict[str, str]:
    """One entry. The member `purpose` is ours; others ignore it (RFC 7517 section 4)."""
    return {
        **key.public_jwk,
        "kid": key.kid,
        "use": "sig",
        "alg": key.algorithm,
        "purpose": key.purpose.value,
    }


def public_pem(key: SigningKey) -> str:
    """The public key as SubjectPublicKeyInfo in PEM, for gateways that read no JWKS."""
    public_key = algorithm(key.algorithm).public_key(key.public_jwk)
    return public_key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode("ascii")
