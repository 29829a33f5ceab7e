"""All there is to know about a signing algorithm, one row each (RFC 7518, RFC 8037)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from jwt.algorithms import Algorithm as JwsAlgorithm
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm, RSAPSSAlgorithm
from jwt.exceptions import InvalidKeyError

from keys.errors import UnknownAlgorithm, UnsuitableKey
from keys.roca import has_roca_fingerprint

PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey
PublicKey = ec.EllipticCurvePublicKey | rsa.RSAPublicKey | ed25519.Ed25519PublicKey

RSA_BITS = 3072
RSA_BITS_IMPORTED = 2048
RSA_EXPONENT = 65537


@dataclass(frozen=True, slots=True, kw_only=True)
class Algorithm:
    """One row: how keys for `name` are made, judged, written as JWK, and what signs with them."""

    name: str
    kty: str
    members: frozenset[str]
    jws: JwsAlgorithm
    generate: Callable[[], PrivateKey]
    fault: Callable[[object], str | None]

    def accept(self, private_key: PrivateKeyTypes) -> PrivateKey:
        """The key itself, when it is fit to sign with this algorithm.

        Raises:
            UnsuitableKey: naming what is wrong with it.
        """
        fault = self.fault(private_key)
        if fault is not None:
            raise UnsuitableKey(f"{self.name}: {fault}")
        return private_key  # type: ignore[return-value]  # each row's fault() lets its own type through alone

    def public_jwk(self, private_key: PrivateKey) -> dict[str, str]:
        """The members that RFC 7638 hashes, and no others: PyJWT adds `key_ops` to RSA keys."""
        jwk = self.jws.to_jwk(private_key.public_key(), as_dict=True)
        return {name: jwk[name] for name in sorted(self.members)}

    def public_key(self, public_jwk: Mapping[str, str]) -> PublicKey:
        """The key that verifies.

        Raises:
            UnsuitableKey: it is no public key of this type.
        """
        try:
            key: PublicKey = self.jws.from_jwk(dict(public_jwk))
        except (InvalidKeyError, ValueError) as error:
            raise UnsuitableKey(f"{self.name}: no public key") from error
        return key


def algorithm(name: str) -> Algorithm:
    """The row of *name*; raises UnknownAlgorithm."""
    row = ALGORITHMS.get(name)
    if row is None:
        raise UnknownAlgorithm(f"{name!r} is none of {', '.join(ALGORITHMS)}")
    return row


def _generate_rsa() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(RSA_EXPONENT, RSA_BITS)


def _rsa_fault(key: object) -> str | None:
    if not isinstance(key, rsa.RSAPrivateKey):
        return "not an RSA key"
    public = key.public_key().public_numbers()
    if key.key_size < RSA_BITS_IMPORTED:
        return f"{key.key_size} bits are fewer than {RSA_BITS_IMPORTED}"
    if public.e != RSA_EXPONENT:
        return f"the exponent is {public.e}, not {RSA_EXPONENT}"
    if has_roca_fingerprint(public.n):
        return "made by a generator whose keys can be computed (CVE-2017-15361)"
    return None


def _p256_fault(key: object) -> str | None:
    if isinstance(key, ec.EllipticCurvePrivateKey) and isinstance(key.curve, ec.SECP256R1):
        return None
    return "not a P-256 key"


def _ed25519_fault(key: object) -> str | None:
    return None if isinstance(key, ed25519.Ed25519PrivateKey) else "not an Ed25519 key"


_RSA_MEMBERS = frozenset({"kty", "n", "e"})

ALGORITHMS: Mapping[str, Algorithm] = MappingProxyType(
    {
        row.name: row
        for row in (
            Algorithm(
                name="ES256",
                kty="EC",
                members=frozenset({"kty", "crv", "x", "y"}),
                jws=ECAlgorithm(ECAlgorithm.SHA256, ec.SECP256R1),
                generate=lambda: ec.generate_private_key(ec.SECP256R1()),
                fault=_p256_fault,
            ),
            Algorithm(
                name="RS256",
                kty="RSA",
                members=_RSA_MEMBERS,
                jws=RSAAlgorithm(RSAAlgorithm.SHA256),
                generate=_generate_rsa,
                fault=_rsa_fault,
            ),
            Algorithm(
                name="PS256",
                kty="RSA",
                members=_RSA_MEMBERS,
                jws=RSAPSSAlgorithm(RSAPSSAlgorithm.SHA256),
                generate=_generate_rsa,
                fault=_rsa_fault,
            ),
            Algorithm(
                name="EdDSA",
                kty="OKP",
                members=frozenset({"kty", "crv", "x"}),
                jws=OKPAlgorithm(),
                generate=ed25519.Ed25519PrivateKey.generate,
                fault=_ed25519_fault,
            ),
        )
    }
)
