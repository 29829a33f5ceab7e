"""Attacks 34 to 36 on a JWKS: each document and why it must not be loaded."""

from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm
from safeconduct.base64url import decode

from tests.vectors.forge import PRIVATE, b64, public_jwk, without

_EC = public_jwk("ES256")
_RSA = public_jwk("RS256")
_OKP = public_jwk("EdDSA")
_MODULUS = PRIVATE["RS256"].public_key().public_numbers().n


def unsigned_integer(number: int) -> str:
    return b64(number.to_bytes((number.bit_length() + 7) // 8))


def keys(*entries: Any, **members: Any) -> dict[str, Any]:
    return {"keys": list(entries)} | members


def private(key: str, to_jwk: Any) -> dict[str, Any]:
    return public_jwk(key) | to_jwk(PRIVATE[key], as_dict=True)


def p384() -> dict[str, Any]:
    jwk = ECAlgorithm.to_jwk(ec.generate_private_key(ec.SECP384R1()).public_key(), as_dict=True)
    return _EC | jwk


REFUSED = {
    "36 not an object": [],
    "36 null": None,
    "36 no keys": {},
    "36 keys an object": {"keys": {}},
    "36 an entry that is no object": keys("key"),
    "36 version a string": keys(_EC, version="7"),
    "36 version true": keys(_EC, version=True),
    "36 version a float": keys(_EC, version=7.0),
    "36 more than 50 keys": keys(*(_EC | {"kid": f"k{n}"} for n in range(51))),
    "36 one kid twice": keys(_EC, _RSA | {"kid": _EC["kid"]}),
    "36 one kid twice, once of an unknown kind": keys(_EC, _EC | {"alg": "ES999"}),
    "36 a symmetric key": keys(
        _EC, {"kty": "oct", "k": "c2VjcmV0", "kid": "s", "alg": "HS256", "use": "sig"}
    ),
    "36 a symmetric key without k": keys({"kty": "oct", "kid": "s", "alg": "HS256", "use": "sig"}),
    "36 use enc": keys(_EC | {"use": "enc"}),
    "36 use missing": keys(without(_EC, "use")),
    "36 alg missing": keys(without(_EC, "alg")),
    "36 alg null": keys(_EC | {"alg": None}),
    "36 kid missing": keys(without(_EC, "kid")),
    "36 kid a number": keys(_EC | {"kid": 1}),
    "36 kid a path": keys(_EC | {"kid": "../key"}),
    "36 kid of 65": keys(_EC | {"kid": "k" * 65}),
    "36 kid with a line break": keys(_EC | {"kid": "key\n"}),
    "36 a private EC key": keys(private("ES256", ECAlgorithm.to_jwk)),
    "36 a private RSA key": keys(private("RS256", RSAAlgorithm.to_jwk)),
    "36 a private Ed25519 key": keys(private("EdDSA", OKPAlgorithm.to_jwk)),
    "36 a private key of an unknown kind": keys(
        {"kty": "AKP", "alg": "ML-DSA-44", "kid": "m", "use": "sig", "priv": "AA"}
    ),
    "36 alg of another kty": keys(_RSA | {"alg": "ES256"}),
    "36 kty of another alg": keys(_EC | {"kty": "RSA"}),
    "36 alg of yet another kty": keys(_OKP | {"alg": "RS256"}),
    "06 a P-384 key for ES256": keys(p384()),
    "35 EC point that is not on the curve": keys(_EC | {"y": b64(bytes(31) + b"\1")}),
    "35 EC coordinate of 31 bytes": keys(_EC | {"x": b64(bytes(31))}),
    "35 EC coordinate of 33 bytes": keys(_EC | {"x": b64(b"\0" + decode(_EC["x"]))}),
    "35 EC crv missing": keys(without(_EC, "crv")),
    "35 EC crv of another curve": keys(_EC | {"crv": "secp256k1"}),
    "35 EC coordinate with padding": keys(_EC | {"x": _EC["x"] + "="}),
    "35 EC coordinate a number": keys(_EC | {"x": 1}),
    "35 EC coordinate missing": keys(without(_EC, "y")),
    "34 RSA of 1024 bits": keys(_RSA | {"n": unsigned_integer(_MODULUS >> 1024 | 1)}),
    "34 RSA of 2047 bits": keys(_RSA | {"n": unsigned_integer(_MODULUS >> 1 | 1)}),
    "34 RSA of 8193 bits": keys(_RSA | {"n": unsigned_integer(1 << 8192 | 1)}),
    "34 RSA with an even modulus": keys(_RSA | {"n": unsigned_integer(_MODULUS - 1)}),
    "34 RSA with e 3": keys(_RSA | {"e": unsigned_integer(3)}),
    "34 RSA with e 1": keys(_RSA | {"e": unsigned_integer(1)}),
    "34 RSA with a huge e": keys(_RSA | {"e": unsigned_integer(2**64 + 1)}),
    "34 RSA with an empty e": keys(_RSA | {"e": ""}),
    "34 RSA modulus with leading zeros": keys(_RSA | {"n": b64(b"\0" + _MODULUS.to_bytes(256))}),
    "35 Ed448": keys(_OKP | {"crv": "Ed448", "x": b64(bytes(57))}),
    "35 X25519": keys(_OKP | {"crv": "X25519"}),
    "35 Ed25519 of 31 bytes": keys(_OKP | {"x": b64(bytes(31))}),
    "35 Ed25519 not canonical": keys(_OKP | {"x": b64(((2**255 - 19) + 2).to_bytes(32, "little"))}),
    "35 Ed25519 y = p": keys(_OKP | {"x": b64((2**255 - 19).to_bytes(32, "little"))}),
    "35 Ed25519 crv missing": keys(without(_OKP, "crv")),
}

SKIPPED = {
    "a kty nobody knows": {"kty": "AKP", "alg": "ML-DSA-44", "kid": "x", "use": "sig", "pub": "AA"},
    "an alg nobody knows": _EC | {"kid": "x", "alg": "ES999"},
    "ES384": _EC | {"kid": "x", "alg": "ES384", "crv": "P-384"},
    "RS512": _RSA | {"kid": "x", "alg": "RS512"},
    "Ed25519, the other name": _OKP | {"kid": "x", "alg": "Ed25519"},
    "HS256 in disguise": _EC | {"kid": "x", "alg": "HS256"},
    "none in disguise": _EC | {"kid": "x", "alg": "none"},
    "a purpose nobody knows": _EC | {"kid": "x", "purpose": "receipt"},
    "a purpose that is no string": _EC | {"kid": "x", "purpose": ["access_token"]},
}
