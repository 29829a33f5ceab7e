"""Keys of an issuer, and tokens really signed with them whatever they say, well-formed or not."""

import base64
import json
from collections.abc import Mapping
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm
from safeconduct import KeySet, VerificationPolicy

ISSUER = "https://safeconduct.example"
AUDIENCE = f"{ISSUER}/api"
LIST_URI = f"{ISSUER}/status-lists/3f2a9c41"
NOW = 1_800_000_000
YEAR = 365 * 86_400

P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551

PRIVATE = {
    "ES256": ec.generate_private_key(ec.SECP256R1()),
    "RS256": rsa.generate_private_key(65537, 2048),
    "PS256": rsa.generate_private_key(65537, 2048),
    "EdDSA": ed25519.Ed25519PrivateKey.generate(),
    "status": ec.generate_private_key(ec.SECP256R1()),
    "stranger": ec.generate_private_key(ec.SECP256R1()),
}
KIDS = {name: f"{name}-key" for name in PRIVATE}


def b64(raw: bytes | str) -> str:
    """base64url without padding, of text as UTF-8."""
    return base64.urlsafe_b64encode(raw.encode() if isinstance(raw, str) else raw).rstrip(b"=").decode()


def raw_ecdsa(key: ec.EllipticCurvePrivateKey, text: bytes) -> bytes:
    return b"".join(n.to_bytes(32) for n in decode_dss_signature(key.sign(text, ec.ECDSA(SHA256()))))


def sign(text: str, key: str = "ES256") -> bytes:
    """The signature that `key`'s own algorithm puts under `text`."""
    private, octets = PRIVATE[key], text.encode()
    if key == "RS256":
        return private.sign(octets, padding.PKCS1v15(), SHA256())
    if key == "PS256":
        return private.sign(octets, padding.PSS(padding.MGF1(SHA256()), 32), SHA256())
    if key == "EdDSA":
        return private.sign(octets)
    return raw_ecdsa(private, octets)


def public_jwk(key: str, **members: Any) -> dict[str, Any]:
    public = PRIVATE[key].public_key()
    to_jwk = {"RS256": RSAAlgorithm, "PS256": RSAAlgorithm, "EdDSA": OKPAlgorithm}.get(
        key, ECAlgorithm
    ).to_jwk
    jwk = to_jwk(public, as_dict=True)
    jwk.pop("key_ops", None)
    alg = key if key in {"RS256", "PS256", "EdDSA"} else "ES256"
    purpose = "status_list" if key == "status" else "access_token"
    return jwk | {"kid": KIDS[key], "alg": alg, "use": "sig", "purpose": purpose} | members


def header(key: str = "ES256", **members: Any) -> dict[str, Any]:
    alg = "ES256" if key in {"status", "stranger"} else key
    return {"alg": alg, "typ": "at+jwt", "kid": KIDS[key]} | members


def without(members: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in members.items() if name not in names}


def claims(**members: Any) -> dict[str, Any]:
    """A token's claims as our issuer writes them, at NOW and for a year."""
    return {
        "iss": ISSUER,
        "sub": "5d0f1a52-93c5-4c0e-8a3e-0c6a4b8a7f10",
        "aud": AUDIENCE,
        "exp": NOW + YEAR,
        "iat": NOW,
        "jti": "0b9d7a1e-2f64-4d0b-9a37-6f0f0a9f5b21",
        "client_id": "personal-access-tokens",
        "scope": "automation:view connectors",
        "status": {"status_list": {"idx": 4711, "uri": LIST_URI}},
    } | members


def as_json(value: Mapping[str, Any] | str | bytes) -> bytes:
    """JSON text; text that is given stays what it is, so that it can be wrong."""
    if isinstance(value, bytes):
        return value
    return (value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))).encode()


def compact(head: str, body: str, key: str = "ES256") -> str:
    """Segments as they stand, signed as they stand."""
    return f"{head}.{body}.{b64(sign(f'{head}.{body}', key))}"


def token(
    head: Mapping[str, Any] | str | bytes | None = None,
    body: Mapping[str, Any] | str | bytes | None = None,
    key: str = "ES256",
) -> str:
    """A token with this header and these claims, by default good ones, really signed with `key`."""
    return compact(
        b64(as_json(header(key) if head is None else head)),
        b64(as_json(claims() if body is None else body)),
        key,
    )


KEYS = KeySet.from_document(
    {
        "keys": [public_jwk(name) for name in ("ES256", "RS256", "PS256", "EdDSA", "status")],
        "version": 7,
    }
)
POLICY = VerificationPolicy(issuer=ISSUER, audiences=frozenset({AUDIENCE}))
