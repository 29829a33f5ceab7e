"""A public JWK -> a key object, its material checked here: the libraries below take weaker ones."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    EllipticCurvePublicKey,
    EllipticCurvePublicNumbers,
)
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey, RSAPublicNumbers

from safeconduct.base64url import decode

PublicKey = EllipticCurvePublicKey | RSAPublicKey | Ed25519PublicKey

_RSA_BITS = range(2048, 8193)
_RSA_EXPONENT = 65537
_ED25519_PRIME = 2**255 - 19
_ED25519_ORDER_8 = 0x7A03AC9277FDC74EC6CC392CFA53202A0F67100D760B3CBA4FD84D3D706A17C7
# y of every point whose order divides 8: with such a "public key" anybody's signature fits.
_ED25519_SMALL_ORDER = frozenset(
    {
        0,
        1,
        _ED25519_PRIME - 1,
        _ED25519_ORDER_8,
        _ED25519_PRIME - _ED25519_ORDER_8,
    }
)


def p256_key(jwk: Mapping[str, Any]) -> EllipticCurvePublicKey:
    """A P-256 key (RFC 7518 section 6.2.1).

    Raises:
        ValueError: another curve, a coordinate that has not 32 bytes, or a point that is not on the curve.
    """
    if jwk.get("crv") != "P-256":
        raise ValueError("crv is not P-256")
    x, y = (int.from_bytes(_octets(jwk, member, length=32), "big") for member in ("x", "y"))
    return EllipticCurvePublicNumbers(x, y, SECP256R1()).public_key()


def rsa_key(jwk: Mapping[str, Any]) -> RSAPublicKey:
    """An RSA key of 2,048 to 8,192 bits with the exponent 65537 (RFC 7518 section 6.3.1).

    Raises:
        ValueError: any other.
    """
    n, e = (_unsigned(jwk, member) for member in ("n", "e"))
    if n.bit_length() not in _RSA_BITS or n % 2 == 0 or e != _RSA_EXPONENT:
        raise ValueError("RSA keys have 2048 to 8192 bits and the exponent 65537")
    return RSAPublicNumbers(e, n).public_key()


def ed25519_key(jwk: Mapping[str, Any]) -> Ed25519PublicKey:
    """An Ed25519 key (RFC 8037 section 2) that is canonical and not of small order.

    Raises:
        ValueError: any other, Ed448 included.
    """
    if jwk.get("crv") != "Ed25519":
        raise ValueError("crv is not Ed25519")
    x = _octets(jwk, "x", length=32)
    y = int.from_bytes(x, "little") & (2**255 - 1)  # the highest bit is the sign of the other coordinate
    if y >= _ED25519_PRIME or y in _ED25519_SMALL_ORDER:
        raise ValueError("x is not canonical or of small order")
    return Ed25519PublicKey.from_public_bytes(x)


def _octets(jwk: Mapping[str, Any], member: str, *, length: int) -> bytes:
    raw = _decoded(jwk, member)
    if len(raw) != length:
        raise ValueError(f"{member} has not {length} bytes")
    return raw


def _unsigned(jwk: Mapping[str, Any], member: str) -> int:
    """Base64urlUInt: as many octets as the number needs and no more (RFC 7518 section 2)."""
    raw = _decoded(jwk, member)
    if not raw or raw[0] == 0:
        raise ValueError(f"{member} is empty or has leading zeros")
    return int.from_bytes(raw, "big")


def _decoded(jwk: Mapping[str, Any], member: str) -> bytes:
    value = jwk.get(member)
    if not isinstance(value, str):
        raise ValueError(f"{member} is missing or not a string")  # noqa: TRY004 - callers get one kind of error
    return decode(value)


READERS: Final[Mapping[str, Callable[[Mapping[str, Any]], PublicKey]]] = MappingProxyType(
    {
        "EC": p256_key,
        "RSA": rsa_key,
        "OKP": ed25519_key,
    }
)
