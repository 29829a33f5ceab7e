"""The signature algorithms a verifier may allow: one row each, asymmetric only (RFC 7518, RFC 8037)."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1
from jwt.algorithms import Algorithm as JWSAlgorithm
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm, RSAPSSAlgorithm

_P256_SIGNATURE = range(64, 65)
_ED25519_SIGNATURE = range(64, 65)
_RSA_SIGNATURE = range(256, 1025)


@dataclass(frozen=True, slots=True)
class VerificationAlgorithm:
    """What `alg` stands for. `signature_lengths` are bytes; an RSA key narrows them to its modulus."""

    alg: str
    kty: str
    signature_lengths: range
    jws: JWSAlgorithm


ALGORITHMS: Final[Mapping[str, VerificationAlgorithm]] = MappingProxyType(
    {
        row.alg: row
        for row in (
            VerificationAlgorithm("ES256", "EC", _P256_SIGNATURE, ECAlgorithm(ECAlgorithm.SHA256, SECP256R1)),
            VerificationAlgorithm("RS256", "RSA", _RSA_SIGNATURE, RSAAlgorithm(RSAAlgorithm.SHA256)),
            VerificationAlgorithm("PS256", "RSA", _RSA_SIGNATURE, RSAPSSAlgorithm(RSAPSSAlgorithm.SHA256)),
            VerificationAlgorithm("EdDSA", "OKP", _ED25519_SIGNATURE, OKPAlgorithm()),
        )
    }
)
