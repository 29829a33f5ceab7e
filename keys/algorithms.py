"""How keys for each signing algorithm are made and judged, one row each; the SDK says how they verify."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from jwt.algorithms import Algorithm as JwsAlgorithm
from jwt.exceptions import InvalidKeyError
from safeconduct.algorithms import ALGORITHMS as VERIFICATION
from safeconduct.public_keys import READERS, PublicKey

from keys.errors import UnknownAlgorithm, UnsuitableKey
from keys.roca import has_roca_fingerprint

PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey

RSA_BITS = 3072
RSA_EXPONENT = 65537


@dataclass(frozen=True, slots=True, kw_only=True)
class Algorithm:
    """One row. `members` are those of a public JWK that RFC 7638 hashes."""

    name: str
    members: frozenset[str]
    private_type: type[PrivateKey]
    generate: Callable[[], PrivateKey]

    @property
    def jws(self) -> JwsAlgorithm:
        """What signs and verifies (RFC 7518 section 3, RFC 8037 section 3.1)."""
        return VERIFICATION[self.name].jws

    def accept(self, private_key: PrivateKeyTypes) -> PrivateKey:
        """The key itself, when it is fit to sign with and every verifier of ours would read its public part.

        Raises:
            UnsuitableKey: of another type or curve; RSA of fewer than 2,048 or more than 8,192 bits, with an
                exponent other than 65537, or made by a generator known to be weak.
        """
        if not isinstance(private_key, self.private_type):
            raise UnsuitableKey(f"{self.name}: a key of another type")
        self.public_key(self.public_jwk(private_key))
        if isinstance(private_key, rsa.RSAPrivateKey):
            _refuse_roca(private_key)
        return private_key

    def public_jwk(self, private_key: PrivateKey) -> dict[str, str]:
        """The members that RFC 7638 hashes, and no others: PyJWT adds `key_ops` to RSA keys."""
        try:
            jwk = self.jws.to_jwk(private_key.public_key(), as_dict=True)
        except InvalidKeyError as error:
            raise UnsuitableKey(f"{self.name}: a curve without a name in JOSE") from error
        return {name: jwk[name] for name in sorted(self.members)}

    def public_key(self, public_jwk: Mapping[str, str]) -> PublicKey:
        """The key that verifies, judged as every verifier of ours judges it; raises UnsuitableKey."""
        try:
            return READERS[VERIFICATION[self.name].kty](public_jwk)
        except ValueError as error:
            raise UnsuitableKey(f"{self.name}: {error}") from error


def algorithm(name: str) -> Algorithm:
    """The row of *name*; raises UnknownAlgorithm."""
    row = ALGORITHMS.get(name)
    if row is None:
        raise UnknownAlgorithm(f"{name!r} is none of {', '.join(ALGORITHMS)}")
    return row


def _generate_rsa() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(RSA_EXPONENT, RSA_BITS)


def _refuse_roca(private_key: rsa.RSAPrivateKey) -> None:
    if has_roca_fingerprint(private_key.public_key().public_numbers().n):
        raise UnsuitableKey("RSA: made by a generator whose keys can be computed (CVE-2017-15361)")


_RSA_MEMBERS = frozenset({"kty", "n", "e"})

ALGORITHMS: Mapping[str, Algorithm] = MappingProxyType(
    {
        row.name: row
        for row in (
            Algorithm(
                name="ES256",
                members=frozenset({"kty", "crv", "x", "y"}),
                private_type=ec.EllipticCurvePrivateKey,
                generate=lambda: ec.generate_private_key(ec.SECP256R1()),
            ),
            Algorithm(
                name="RS256", members=_RSA_MEMBERS, private_type=rsa.RSAPrivateKey, generate=_generate_rsa
            ),
            Algorithm(
                name="PS256", members=_RSA_MEMBERS, private_type=rsa.RSAPrivateKey, generate=_generate_rsa
            ),
            Algorithm(
                name="EdDSA",
                members=frozenset({"kty", "crv", "x"}),
                private_type=ed25519.Ed25519PrivateKey,
                generate=ed25519.Ed25519PrivateKey.generate,
            ),
        )
    }
)
