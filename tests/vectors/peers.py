"""The same question asked of libraries nobody here wrote, each as strict as its own options make it."""

import warnings
from collections.abc import Callable, Mapping
from typing import Any

import jwt
from joserfc import jwk
from joserfc import jwt as joserfc_jwt
from joserfc.errors import JoseError

from tests.vectors.forge import AUDIENCE, ISSUER, PRIVATE, public_jwk

with warnings.catch_warnings(record=True):  # authlib.jose announces its successor, joserfc, on import
    from authlib.jose import JsonWebKey, JsonWebToken
    from authlib.jose.errors import JoseError as AuthlibError

REQUIRED = ("iss", "sub", "aud", "exp", "iat", "jti", "client_id")
_DEMANDS: dict[str, Any] = {claim: {"essential": True} for claim in REQUIRED} | {
    "iss": {"essential": True, "value": ISSUER},
    "aud": {"essential": True, "value": AUDIENCE},
}


def pyjwt(token: str, key: str, now: int) -> bool:
    """PyJWT knows only the machine's clock."""
    try:
        jwt.decode(
            token,
            PRIVATE[key].public_key(),
            [key],
            audience=AUDIENCE,
            issuer=ISSUER,
            options={"require": list(REQUIRED)},
        )
    except jwt.InvalidTokenError:
        return False
    return True


def joserfc(token: str, key: str, now: int) -> bool:
    try:
        decoded = joserfc_jwt.decode(token, jwk.import_key(public_jwk(key)), algorithms=[key])
        joserfc_jwt.JWTClaimsRegistry(now=now, leeway=30, **_DEMANDS).validate(decoded.claims)
    except (JoseError, ValueError):
        return False
    return True


def authlib(token: str, key: str, now: int) -> bool:
    try:
        decoded = JsonWebToken([key]).decode(
            token, JsonWebKey.import_key(public_jwk(key)), claims_options=_DEMANDS
        )
        decoded.validate(now=now, leeway=30)
    except (AuthlibError, ValueError, TypeError):  # a list as alg is a TypeError there
        return False
    return True


PEERS: Mapping[str, Callable[[str, str, int], bool]] = {
    "PyJWT": pyjwt,
    "joserfc": joserfc,
    "Authlib": authlib,
}
