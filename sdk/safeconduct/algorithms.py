"""The signature algorithms a verifier may allow: one row each, asymmetric only (RFC 7518, RFC 8037)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, PSS, PKCS1v15
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from jwt.algorithms import Algorithm as JWSAlgorithm
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm, RSAPSSAlgorithm

_P256_SIGNATURE = range(64, 65)
_ED25519_SIGNATURE = range(64, 65)
_RSA_SIGNATURE = range(256, 1025)

_SHA256 = SHA256()
_ECDSA = ECDSA(_SHA256)
_PKCS1 = PKCS1v15()
_PSS = PSS(MGF1(_SHA256), _SHA256.digest_size)


@dataclass(frozen=True, slots=True)
class VerificationAlgorithm:
    """What `alg` stands for. `signature_lengths` are bytes; an RSA key narrows them to its modulus.

    `verify` takes public key, signature and what was signed, and raises InvalidSignature. PyJWT's own makes its
    parameters anew for every token and asks what kind of key it was given; `jws` is PyJWT's, for all else.
    """

    alg: str
    kty: str
    signature_lengths: range
    verify: Callable[[Any, bytes, bytes], None]
    jws: JWSAlgorithm


def _verify_p256(public_key: Any, signature: bytes, signed: bytes) -> None:
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    public_key.verify(encode_dss_signature(r, s), signed, _ECDSA)


def _verify_pkcs1(public_key: Any, signature: bytes, signed: bytes) -> None:
    public_key.verify(signature, signed, _PKCS1, _SHA256)


def _verify_pss(public_key: Any, signature: bytes, signed: bytes) -> None:
    public_key.verify(signature, signed, _PSS, _SHA256)


def _verify_ed25519(public_key: Any, signature: bytes, signed: bytes) -> None:
    public_key.verify(signature, signed)


ALGORITHMS: Final[Mapping[str, VerificationAlgorithm]] = MappingProxyType(
    {
        row.alg: row
        for row in (
            VerificationAlgorithm(
                "ES256", "EC", _P256_SIGNATURE, _verify_p256, ECAlgorithm(ECAlgorithm.SHA256, SECP256R1)
            ),
            VerificationAlgorithm("RS256", "RSA", _RSA_SIGNATURE, _verify_pkcs1, RSAAlgorithm(SHA256)),
            VerificationAlgorithm("PS256", "RSA", _RSA_SIGNATURE, _verify_pss, RSAPSSAlgorithm(SHA256)),
            VerificationAlgorithm("EdDSA", "OKP", _ED25519_SIGNATURE, _verify_ed25519, OKPAlgorithm()),
        )
    }
)
